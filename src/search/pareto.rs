//! What is better when there are several objectives.

use crate::search::history::{History, Trial};

/// Whether the first losses are nowhere worse than the second, and somewhere better.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}

/// The completed trials that no other one dominates, in the order in which they were told.
///
/// ```
/// use mainstem::search::{History, Outcome, front};
/// let mut history = History::new();
/// for (number, losses) in [[1.0, 4.0], [2.0, 2.0], [3.0, 3.0]].into_iter().enumerate() {
///     history.ask(number as u64, Vec::new());
///     history.tell(number as u64, Outcome::Completed(losses.to_vec()));
/// }
/// let numbers: Vec<u64> = front(&history).iter().map(|trial| trial.number).collect();
/// assert_eq!(numbers, [0, 1]);
/// ```
pub fn front(history: &History) -> Vec<&Trial> {
    let known: Vec<(&Trial, &[f64])> =
        history.told().iter().filter_map(|trial| Some((trial, trial.losses()?))).collect();
    known
        .iter()
        .filter(|(_, losses)| !known.iter().any(|(_, other)| dominates(other, losses)))
        .map(|(trial, _)| *trial)
        .collect()
}

/// The trials that have ended, by their indices, the best first: of one objective by what it came to, of several those of the
/// first front, and so on, those of one front by the room around them.
pub(crate) fn order(history: &History) -> Vec<usize> {
    let told = history.told();
    let known: Vec<(usize, &[f64])> =
        told.iter().enumerate().filter_map(|(index, trial)| Some((index, trial.losses()?))).collect();
    if known.iter().all(|(_, losses)| losses.len() <= 1) {
        let losses = history.single(0);
        let mut order: Vec<usize> = (0..told.len()).collect();
        order.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]));
        return order;
    }
    let losses: Vec<&[f64]> = known.iter().map(|(_, losses)| *losses).collect();
    let mut order: Vec<usize> = fronts(&losses).into_iter().map(|at| known[at].0).collect();
    order.extend((0..told.len()).filter(|index| told[*index].losses().is_none()));
    order
}

/// The places of some losses, those of the first front first, and of one front those with most room around them.
pub(crate) fn fronts(losses: &[&[f64]]) -> Vec<usize> {
    let ranks = ranks(losses);
    let mut order: Vec<(usize, f64, usize)> = Vec::new();
    for rank in 0..=ranks.iter().copied().max().unwrap_or(0) {
        let front: Vec<usize> = (0..losses.len()).filter(|index| ranks[*index] == rank).collect();
        let room = room(&front.iter().map(|index| losses[*index]).collect::<Vec<_>>());
        order.extend(front.into_iter().zip(room).map(|(index, room)| (rank, room, index)));
    }
    order.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    order.into_iter().map(|(.., index)| index).collect()
}

/// For each of some losses how many fronts must be taken away before it is in one: 0 for those that none dominates.
pub(crate) fn ranks(losses: &[&[f64]]) -> Vec<usize> {
    let count = losses.len();
    let mut above = vec![0_usize; count];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); count];
    for i in 0..count {
        for j in 0..i {
            if dominates(losses[i], losses[j]) {
                below[i].push(j);
                above[j] += 1;
            } else if dominates(losses[j], losses[i]) {
                below[j].push(i);
                above[i] += 1;
            }
        }
    }
    let mut ranks = vec![0; count];
    let mut current: Vec<usize> = (0..count).filter(|index| above[*index] == 0).collect();
    let mut rank = 0;
    while !current.is_empty() {
        let mut next = Vec::new();
        for &index in &current {
            ranks[index] = rank;
            for &worse in &below[index] {
                above[worse] -= 1;
                if above[worse] == 0 {
                    next.push(worse);
                }
            }
        }
        current = next;
        rank += 1;
    }
    ranks
}

/// How much room each of some losses of one front has around it; infinite at its ends.
pub(crate) fn room(losses: &[&[f64]]) -> Vec<f64> {
    let mut room = vec![0.0; losses.len()];
    let objectives = losses.iter().map(|losses| losses.len()).min().unwrap_or(0);
    for objective in 0..objectives {
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|a, b| losses[*a][objective].total_cmp(&losses[*b][objective]));
        let (Some(&first), Some(&last)) = (order.first(), order.last()) else { continue };
        let range = losses[last][objective] - losses[first][objective];
        room[first] = f64::INFINITY;
        room[last] = f64::INFINITY;
        if range > 0.0 && range.is_finite() {
            for around in order.windows(3) {
                room[around[1]] += (losses[around[2]][objective] - losses[around[0]][objective]) / range;
            }
        }
    }
    room
}

/// The volume that some losses dominate, up to a reference that is worse than what counts.
///
/// Exact; its time grows quickly with the number of objectives, and little below four.
///
/// ```
/// use mainstem::search::hypervolume;
/// assert_eq!(hypervolume(&[&[1.0, 2.0], &[2.0, 1.0]], &[3.0, 3.0]), 3.0);
/// ```
pub fn hypervolume(losses: &[&[f64]], reference: &[f64]) -> f64 {
    let objectives = reference.len();
    let mut inside: Vec<&[f64]> = losses
        .iter()
        .copied()
        .filter(|losses| {
            losses.len() == objectives && losses.iter().zip(reference).all(|(loss, end)| loss < end)
        })
        .collect();
    if objectives == 0 || inside.is_empty() {
        return 0.0;
    }
    let last = objectives - 1;
    if last == 0 {
        return reference[0] - inside.iter().map(|losses| losses[0]).fold(f64::INFINITY, f64::min);
    }
    // Slices along the last objective: what lies below a slice dominates all of it.
    inside.sort_by(|a, b| a[last].total_cmp(&b[last]));
    let mut volume = 0.0;
    for index in 0..inside.len() {
        let end = inside.get(index + 1).map_or(reference[last], |next| next[last]);
        let thickness = end - inside[index][last];
        if thickness > 0.0 {
            let below: Vec<&[f64]> = inside[..=index].iter().map(|losses| &losses[..last]).collect();
            volume += thickness * hypervolume(&below, &reference[..last]);
        }
    }
    volume
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_fronts() {
        let losses: [&[f64]; 5] = [&[1.0, 1.0], &[2.0, 2.0], &[0.0, 3.0], &[3.0, 3.0], &[1.0, 1.0]];
        assert_eq!(ranks(&losses), [0, 1, 0, 2, 0]);
        assert_eq!(ranks(&[]), [0; 0]);
    }

    #[test]
    fn ends_have_most_room() {
        let losses: [&[f64]; 4] = [&[0.0, 9.0], &[1.0, 5.0], &[1.5, 4.0], &[9.0, 0.0]];
        let room = room(&losses);
        assert!(room[0].is_infinite() && room[3].is_infinite() && room[2] > room[1]);
    }

    #[test]
    fn volumes_of_boxes() {
        assert_eq!(hypervolume(&[&[1.0, 1.0, 1.0]], &[2.0, 3.0, 4.0]), 6.0);
        let two: [&[f64]; 2] = [&[0.0, 1.0, 1.0], &[1.0, 0.0, 0.0]];
        assert_eq!(hypervolume(&two, &[2.0, 2.0, 2.0]), 2.0 + 4.0 - 1.0);
        assert_eq!(hypervolume(&[&[5.0, 5.0]], &[2.0, 2.0]), 0.0);
        assert_eq!(hypervolume(&[], &[]), 0.0);
    }
}
