//! What there is of the machine: processor, caches, memory, and the time.

use serde::Serialize;

/// The machine a measurement was made on.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// Model of the processor.
    pub cpu: String,
    /// Threads of this run.
    pub threads: usize,
    /// Bytes of the largest cache; none where the system does not tell.
    pub cache_bytes: Option<u64>,
    /// Bytes of memory.
    pub memory_bytes: u64,
}

impl Machine {
    /// This one.
    pub fn this() -> Self {
        let mut system = sysinfo::System::new();
        system.refresh_memory();
        Self {
            cpu: cpu(),
            threads: rayon::current_num_threads(),
            cache_bytes: largest_cache(),
            memory_bytes: system.total_memory(),
        }
    }
}

/// Model of the processor.
pub(crate) fn cpu() -> String {
    let mut system = sysinfo::System::new();
    system.refresh_cpu_list(sysinfo::CpuRefreshKind::nothing());
    system.cpus().first().map_or_else(|| "unknown".into(), |cpu| cpu.brand().trim().to_string())
}

/// Bytes of memory that are free, for this process's group where it is limited; no end of them where the
/// system does not tell.
pub(crate) fn free_memory() -> u64 {
    let mut system = sysinfo::System::new();
    system.refresh_memory();
    let free = system.cgroup_limits().map_or(system.available_memory(), |limits| limits.free_memory);
    if free > 0 { free } else { u64::MAX }
}

/// Now, in UTC.
pub(crate) fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Bytes of the last level of cache of the first processor, as Linux tells it.
fn largest_cache() -> Option<u64> {
    let levels = std::fs::read_dir("/sys/devices/system/cpu/cpu0/cache").ok()?;
    let sizes = levels.filter_map(|level| std::fs::read_to_string(level.ok()?.path().join("size")).ok());
    sizes.filter_map(|size| bytes(size.trim())).max()
}

/// `32768K` in bytes.
fn bytes(size: &str) -> Option<u64> {
    match size.strip_suffix('K') {
        Some(kibibytes) => Some(kibibytes.parse::<u64>().ok()? << 10),
        None => Some(size.strip_suffix('M')?.parse::<u64>().ok()? << 20),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn cache_sizes_are_read_in_both_units() {
        assert_eq!(super::bytes("32768K"), Some(32 << 20));
        assert_eq!(super::bytes("96M"), Some(96 << 20));
        assert_eq!(super::bytes("many"), None);
    }
}
