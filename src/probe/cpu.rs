//! What CPUs have done, from `/proc/stat`.

/// Ticks in which these CPUs had nothing to do (`proc_stat(5)`). What they did is the rest of the time by the clock: idle time is measured
/// where ticks are stopped in it, while the ticks of a busy virtual CPU are lost when its host does not let it run.
fn idle_ticks(stat: &str, cpus: &[u32]) -> u64 {
    // After user, nice and system: idle and iowait.
    let idle = |line: &str| -> u64 {
        line.split_ascii_whitespace().skip(3).take(2).filter_map(|v| v.parse::<u64>().ok()).sum()
    };
    let of_one = |line: &str| {
        let (number, rest) = line.strip_prefix("cpu")?.split_once(' ')?;
        cpus.contains(&number.parse().ok()?).then(|| idle(rest))
    };
    stat.lines().filter_map(of_one).sum()
}

/// Ticks in which these CPUs had nothing to do since the boot.
pub fn idle_now(cpus: &[u32]) -> u64 {
    idle_ticks(&std::fs::read_to_string("/proc/stat").unwrap_or_default(), cpus)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_labs_cpus_count() {
        let stat = "cpu  111 0 22 999 9 1 2 30 7 0\ncpu0 100 0 20 500 5 1 2 30 7 0\ncpu1 11 0 2 499 4 0 0 0 0 0\nintr 5\n";
        assert_eq!(idle_ticks(stat, &[0]), 505);
        assert_eq!(idle_ticks(stat, &[1]), 503);
        assert_eq!(idle_ticks(stat, &[0, 1]), 1008);
        assert_eq!(idle_ticks(stat, &[10]), 0, "cpu1 is not cpu10");
    }
}
