//! Places for jobs: which share of the machine each has.

use crate::facts::Environment;

/// A place for one job at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Variables of the jobs that run in it.
    pub environment: Vec<(String, String)>,
}

/// Which devices there are.
const DEVICES: &str = "CUDA_VISIBLE_DEVICES";

/// Variables by which libraries are told how many threads to start.
const THREADS: [&str; 5] = [
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
];

/// The GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` lists them.
pub fn devices(env: &Environment) -> Vec<String> {
    let listed = env.get(DEVICES).unwrap_or_default().split(',').map(str::trim);
    // What comes after -1 is hidden.
    let seen = listed.take_while(|device| *device != "-1").filter(|device| !device.is_empty());
    seen.map(str::to_owned).collect()
}

/// So many slots. Each has `per_slot` of the devices, going round: more slots than devices share them. Each has its share
/// of the processor's cores, as a limit on threads, unless the environment says how many threads there are to be.
///
/// ```
/// use mainstem::facts::Environment;
/// use mainstem::launch::slots;
/// let env: Environment = [("OMP_NUM_THREADS", "3")].into_iter().collect();
/// let slots = slots(3, &["0".to_owned(), "1".to_owned()], 1, 8, &env);
/// let devices: Vec<_> = slots.iter().map(|slot| slot.environment[0].1.as_str()).collect();
/// assert_eq!(devices, ["0", "1", "0"]);
/// assert_eq!(slots[0].environment[1], ("MKL_NUM_THREADS".to_owned(), "2".to_owned()));
/// ```
pub fn slots(
    count: usize,
    devices: &[String],
    per_slot: usize,
    cores: usize,
    env: &Environment,
) -> Vec<Slot> {
    let share = (cores / count.max(1)).max(1).to_string();
    let of = |slot: usize| {
        let mut environment = Vec::new();
        if !devices.is_empty() && per_slot > 0 {
            let first = slot * per_slot;
            let own: Vec<&str> = (first..first + per_slot.min(devices.len()))
                .map(|at| devices[at % devices.len()].as_str())
                .collect();
            environment.push((DEVICES.to_owned(), own.join(",")));
        }
        let unset = THREADS.iter().filter(|name| env.get(name).is_none());
        environment.extend(unset.map(|name| ((*name).to_owned(), share.clone())));
        Slot { environment }
    };
    (0..count).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(count: usize, all: &[&str], per_slot: usize) -> Vec<String> {
        let all: Vec<String> = all.iter().map(|&device| device.to_owned()).collect();
        let slots = slots(count, &all, per_slot, 1, &Environment::default());
        let of = |slot: Slot| slot.environment.into_iter().find(|(name, _)| name == DEVICES);
        slots.into_iter().filter_map(of).map(|(_, value)| value).collect()
    }

    #[test]
    fn devices_go_round() {
        assert_eq!(own(4, &["a", "b"], 1), ["a", "b", "a", "b"]);
        assert_eq!(own(2, &["0", "1", "2", "3"], 2), ["0,1", "2,3"]);
        assert_eq!(own(3, &["0", "1", "2"], 2), ["0,1", "2,0", "1,2"]);
        assert_eq!(own(2, &["0"], 4), ["0", "0"], "no device twice in one slot");
        assert!(own(2, &[], 1).is_empty() && own(2, &["0"], 0).is_empty());
    }

    #[test]
    fn devices_are_those_that_can_be_seen() {
        let of = |value: &'static str| devices(&[(DEVICES, value)].into_iter().collect());
        assert_eq!(of("0, GPU-7,"), ["0", "GPU-7"]);
        assert_eq!(of("1,-1,2"), ["1"]);
        assert!(of("").is_empty() && devices(&Environment::default()).is_empty());
    }
}
