//! Linear algebra on matrices of a few hundred rows.

/// A square matrix of which only the lower triangle is used, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lower {
    size: usize,
    cells: Vec<f64>,
}

impl Lower {
    /// Of zeros.
    pub(crate) fn zeros(size: usize) -> Self {
        Self { size, cells: vec![0.0; size * size] }
    }

    /// Row `row` up to the diagonal.
    pub(crate) fn row(&self, row: usize) -> &[f64] {
        &self.cells[row * self.size..=row * self.size + row]
    }

    /// The same, to be written.
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        &mut self.cells[row * self.size..=row * self.size + row]
    }

    /// `L` with `L Lᵀ` = this symmetric matrix; `None` if it is not positive definite.
    pub(crate) fn cholesky(mut self) -> Option<Self> {
        let size = self.size;
        for i in 0..size {
            let (above, rest) = self.cells.split_at_mut(i * size);
            let row = &mut rest[..=i];
            for j in 0..i {
                let other = &above[j * size..=j * size + j];
                row[j] = (row[j] - dot(&row[..j], &other[..j])) / other[j];
            }
            let left = row[i] - dot(&row[..i], &row[..i]);
            if !(left > 1e-14 && left.is_finite()) {
                return None;
            }
            row[i] = left.sqrt();
        }
        Some(self)
    }

    /// The inverse of this lower triangle.
    pub(crate) fn inverse(&self) -> Self {
        let size = self.size;
        let mut inverse = Self::zeros(size);
        for i in 0..size {
            let (above, rest) = inverse.cells.split_at_mut(i * size);
            let row = &mut rest[..=i];
            let known = self.row(i);
            for k in 0..i {
                add_scaled(&mut row[..=k], known[k], &above[k * size..=k * size + k]);
            }
            for cell in &mut row[..i] {
                *cell /= -known[i];
            }
            row[i] = 1.0 / known[i];
        }
        inverse
    }

    /// `Mᵀ M` of this lower triangle `M`.
    pub(crate) fn gram(&self) -> Self {
        let mut gram = Self::zeros(self.size);
        for k in 0..self.size {
            let row = self.row(k);
            for i in 0..=k {
                add_scaled(gram.row_mut(i), row[i], &row[..=i]);
            }
        }
        gram
    }

    /// This lower triangle times a vector.
    pub(crate) fn times(&self, vector: &[f64]) -> Vec<f64> {
        (0..self.size).map(|i| dot(self.row(i), &vector[..=i])).collect()
    }

    /// The transpose of this lower triangle times a vector.
    pub(crate) fn transposed_times(&self, vector: &[f64]) -> Vec<f64> {
        let mut product = vec![0.0; self.size];
        for i in 0..self.size {
            add_scaled(&mut product[..=i], vector[i], self.row(i));
        }
        product
    }
}

/// The scalar product.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    for (a, b) in a4.iter().zip(b4) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// `to += factor * from`.
pub(crate) fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// Eigenvalues and eigenvectors (as rows) of a symmetric matrix of few rows, by Jacobi rotations.
pub(crate) fn eigen(matrix: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = matrix.len();
    let mut a = matrix.to_vec();
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..30 {
        let off: f64 =
            (0..size).flat_map(|i| (0..i).map(move |j| (i, j))).map(|(i, j)| a[i][j] * a[i][j]).sum();
        let on: f64 = (0..size).map(|i| a[i][i] * a[i][i]).sum();
        if off <= 1e-22 * on || !off.is_finite() {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                for row in &mut a {
                    let (x, y) = (row[p], row[q]);
                    (row[p], row[q]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..size {
                    let (x, y) = (a[p][k], a[q][k]);
                    (a[p][k], a[q][k]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (vectors[p][k], vectors[q][k]);
                    (vectors[p][k], vectors[q][k]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    ((0..size).map(|i| a[i][i]).collect(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    /// A random positive definite matrix.
    fn positive(size: usize, stream: &mut Stream) -> Lower {
        let mut factor = Lower::zeros(size);
        for i in 0..size {
            for j in 0..i {
                factor.row_mut(i)[j] = stream.normal();
            }
            factor.row_mut(i)[i] = 1.0 + stream.unit();
        }
        factor.gram()
    }

    #[test]
    fn an_inverse_is_one() {
        let mut stream = Stream::new(1, 1);
        for size in [1, 2, 5, 23] {
            let matrix = positive(size, &mut stream);
            let inverse = matrix.clone().cholesky().unwrap().inverse().gram();
            let at = |m: &Lower, i: usize, j: usize| m.row(i.max(j))[i.min(j)];
            for i in 0..size {
                for j in 0..size {
                    let cell: f64 = (0..size).map(|k| at(&matrix, i, k) * at(&inverse, k, j)).sum();
                    assert!((cell - f64::from(u8::from(i == j))).abs() < 1e-6, "{size}: {cell}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_positive_has_no_factor() {
        let mut matrix = Lower::zeros(2);
        matrix.row_mut(0)[0] = 1.0;
        matrix.row_mut(1).copy_from_slice(&[2.0, 1.0]);
        assert_eq!(matrix.cholesky(), None);
        let mut matrix = Lower::zeros(1);
        matrix.row_mut(0)[0] = f64::NAN;
        assert_eq!(matrix.cholesky(), None);
    }

    #[test]
    fn eigenvectors_give_the_matrix_back() {
        let mut stream = Stream::new(2, 1);
        let lower = positive(6, &mut stream);
        let matrix: Vec<Vec<f64>> =
            (0..6).map(|i: usize| (0..6).map(|j: usize| lower.row(i.max(j))[i.min(j)]).collect()).collect();
        let (values, vectors) = eigen(&matrix);
        for i in 0..6 {
            for j in 0..6 {
                let cell: f64 = (0..6).map(|k| values[k] * vectors[k][i] * vectors[k][j]).sum();
                assert!((cell - matrix[i][j]).abs() < 1e-9);
            }
        }
    }
}
