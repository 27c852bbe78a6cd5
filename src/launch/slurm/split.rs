//! Which jobs make a task, and which tasks an array.

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

#[cfg(test)]
mod tests {
    use super::*;

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
