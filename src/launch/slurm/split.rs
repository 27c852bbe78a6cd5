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

/// Tasks in their order, in arrays that are as equal as can be and not larger than the site allows.
///
/// ```
/// use mainstem::launch::slurm::arrays;
/// assert_eq!(arrays(vec![1, 2, 3, 4, 5], 4), [vec![1, 2, 3], vec![4, 5]]);
/// ```
pub fn arrays<T>(tasks: Vec<T>, largest: usize) -> Vec<Vec<T>> {
    let count = tasks.len().div_ceil(largest.max(1)).max(1);
    let size = tasks.len().div_ceil(count);
    packs(tasks, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_array_is_too_large_and_none_is_empty() {
        for count in 0..50_usize {
            for largest in 0..12 {
                let all: Vec<usize> = (0..count).collect();
                let split = arrays(all.clone(), largest);
                assert!(split.iter().all(|array| (1..=largest.max(1)).contains(&array.len())), "{split:?}");
                assert_eq!(split.concat(), all);
            }
        }
    }
}
