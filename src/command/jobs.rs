//! How many drills run at the same time, where nobody says.

/// What one drill takes: an OpenBao, a backend, and some room.
const DRILL_KIB: u64 = 1024 * 1024;

/// As many as memory and cores allow, and one at least. More than one a core makes every interval wider, and the slowest logins time out.
pub fn allowed(cores: usize, available_kib: u64) -> usize {
    let by_memory = usize::try_from(available_kib / DRILL_KIB).unwrap_or(usize::MAX);
    cores.min(by_memory).max(1)
}

/// The same for this machine.
pub fn here() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    // Unknown, it limits nothing: an engine elsewhere has its own.
    allowed(cores, available(&read).unwrap_or(u64::MAX))
}

/// `MemAvailable`, KiB.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcer_of_both_decides() {
        assert_eq!(allowed(2, 24 * DRILL_KIB), 2);
        assert_eq!(allowed(16, 5 * DRILL_KIB), 5);
        assert_eq!(allowed(1, 1024), 1, "one always runs");
    }

    #[test]
    fn memory_is_what_the_kernel_calls_available() {
        let text = "MemTotal:       25000000 kB\nMemFree:          100000 kB\nMemAvailable:    2097152 kB\n";
        assert_eq!(available(text), Some(2 * DRILL_KIB));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
    }
}
