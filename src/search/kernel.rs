//! How much the values of a function at two places have in common.

/// The covariance of the values at two places.
///
/// It is the sum of two of Matérn's with ν = 5/2: one of the distance in all columns together, and the average of one for
/// each column alone, for functions that are sums over their parameters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kernel {
    /// Whether a column is no number but a name, which only equals itself.
    pub(crate) names: Vec<bool>,
    /// How much a squared difference in each column counts, where all count together.
    pub(crate) weights: Vec<f64>,
    /// The same where each counts alone.
    pub(crate) own: Vec<f64>,
    /// A direction across the columns: how far two places are apart along it counts with the differences in each of them. So a
    /// valley that lies slantwise is seen as one, where parameters make up for each other. Names have no part in it.
    pub(crate) slant: Vec<f64>,
    /// The variance of the part where all count together.
    pub(crate) together: f64,
    /// The variance of the part where each counts alone.
    pub(crate) alone: f64,
}

/// Matérn's kernel at a squared distance, and its derivative.
pub(crate) fn matern(squared: f64) -> (f64, f64) {
    let scaled = (5.0 * squared).sqrt();
    let decay = (-scaled).exp();
    ((1.0 + scaled + scaled * scaled / 3.0) * decay, -5.0 / 6.0 * (1.0 + scaled) * decay)
}

/// The squared difference of two places in one column.
pub(crate) fn apart(name: bool, a: f64, b: f64) -> f64 {
    if name { f64::from(u8::from(a != b)) } else { (a - b) * (a - b) }
}

/// How far two places are apart in one column, with its sign; names do not lie on a line.
pub(crate) fn offset(name: bool, a: f64, b: f64) -> f64 {
    if name { 0.0 } else { a - b }
}

impl Kernel {
    /// The variance at any one place.
    pub(crate) fn variance(&self) -> f64 {
        self.together + self.alone
    }

    /// The covariance of the values at two places.
    pub(crate) fn near(&self, a: &[f64], b: &[f64]) -> f64 {
        let share = self.alone / self.names.len().max(1) as f64;
        let (mut squared, mut slanted, mut alone) = (0.0, 0.0, 0.0);
        for k in 0..self.names.len() {
            slanted += self.slant[k] * offset(self.names[k], a[k], b[k]);
            let apart = apart(self.names[k], a[k], b[k]);
            squared += self.weights[k] * apart;
            if share > 0.0 {
                alone += matern(self.own[k] * apart).0;
            }
        }
        self.together * matern(squared + slanted * slanted).0 + share * alone
    }

    /// The derivatives of that covariance as `a` moves along these columns, which are numbers, added to `slopes`.
    pub(crate) fn slopes(&self, a: &[f64], b: &[f64], along: &[usize], slopes: &mut [f64]) {
        let share = self.alone / self.names.len().max(1) as f64;
        let (mut squared, mut slanted) = (0.0, 0.0);
        for k in 0..self.names.len() {
            slanted += self.slant[k] * offset(self.names[k], a[k], b[k]);
            squared += self.weights[k] * apart(self.names[k], a[k], b[k]);
        }
        let bend = self.together * matern(squared + slanted * slanted).1;
        for (slope, &k) in slopes.iter_mut().zip(along) {
            let difference = a[k] - b[k];
            let mut bends = bend * self.weights[k];
            let slant = bend * self.slant[k] * slanted;
            if share > 0.0 {
                bends += share * matern(self.own[k] * difference * difference).1 * self.own[k];
            }
            *slope = 2.0 * (difference * bends + slant);
        }
    }
}
