//! Which jobs make a task, which tasks an array, and which arrays wait for others.

/// Jobs in their order, so many to a task.
///
/// ```
/// use mainstem::launch::slurm::packs;
/// assert_eq!(packs(vec![1, 2, 3, 4, 5], 2), [vec![1, 2], vec![3, 4], vec![5]]);
/// ```
pub fn packs<T>(jobs: Vec<T>, to_a_task: usize) -> Vec<Vec<T>> {
    let mut packs = Vec::new();
    let mut jobs = jobs.into_iter().peekable();
    while jobs.peek().is_some() {
        packs.push(jobs.by_ref().take(to_a_task.max(1)).collect());
    }
    packs
}

/// How many of so many tasks are in the next array, if none is larger than the site allows and all are as equal as can be.
///
/// ```
/// use mainstem::launch::slurm::size_of_array;
/// assert_eq!((size_of_array(5, 4), size_of_array(2, 4)), (3, 2));
/// ```
pub fn size_of_array(tasks: usize, largest: usize) -> usize {
    let count = tasks.div_ceil(largest.max(1)).max(1);
    tasks.div_ceil(count)
}

/// Which of the arrays that are there the next one waits for, so that no more tasks than `cap` run at a time. They are given in
/// the order in which they were submitted, each with how many of its tasks have not ended; those that came last are waited for.
///
/// ```
/// use mainstem::launch::slurm::waits_for;
/// assert!(waits_for(&[(1, 2), (2, 1)], 1, 4).is_empty());
/// assert_eq!(waits_for(&[(1, 2), (2, 2)], 2, 4), [2]);
/// assert_eq!(waits_for(&[(1, 3), (2, 1)], 4, 4), [1, 2]);
/// ```
pub fn waits_for(there: &[(u32, usize)], tasks: usize, cap: usize) -> Vec<u32> {
    let run_beside =
        |count: usize| there[..count].iter().fold(tasks, |sum, (_, tasks)| sum.saturating_add(*tasks)) <= cap;
    let beside = (0..=there.len()).rev().find(|count| run_beside(*count)).unwrap_or(0);
    there[beside..].iter().map(|(array, _)| *array).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_run_at_a_time_than_are_to_whichever_array_ends_first() {
        for cap in 1..6_usize {
            for sizes in [[1, 1, 1, 1], [3, 1, 4, 2], [1, 5, 1, 1], [2, 2, 2, 2], [9, 1, 9, 1]] {
                let mut arrays: Vec<(u32, usize, Vec<u32>)> = Vec::new();
                for (number, size) in (1..).zip(sizes) {
                    let there: Vec<_> = arrays.iter().map(|(number, size, _)| (*number, *size)).collect();
                    arrays.push((number, size, waits_for(&there, size, cap)));
                }
                // Whichever of them have ended, those that wait for none that is left may run together.
                for left in 0..16_u32 {
                    let is_left = |number: u32| left & (1 << (number - 1)) != 0;
                    let runs = |(number, _, after): &&(u32, usize, Vec<u32>)| {
                        is_left(*number) && !after.iter().any(|before| is_left(*before))
                    };
                    let together: usize = arrays.iter().filter(runs).map(|(_, size, _)| size.min(&cap)).sum();
                    assert!(together <= cap, "{cap} {arrays:?} {left:b}");
                }
            }
        }
    }

    #[test]
    fn no_array_is_too_large_and_none_is_empty() {
        for count in 1..50_usize {
            for largest in 0..12 {
                let (mut left, mut sizes) = (count, Vec::new());
                while left > 0 {
                    sizes.push(size_of_array(left, largest));
                    left -= sizes.last().unwrap();
                }
                assert!(sizes.iter().all(|size| (1..=largest.max(1)).contains(size)), "{sizes:?}");
                assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1, "{sizes:?}");
            }
        }
    }
}
