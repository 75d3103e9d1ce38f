//! What the process takes from the machine, where the machine tells (`/proc`).

use std::time::Duration;

/// The kernel counts a process' time in hundredths of a second on every Linux that we know.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) fn render(text: &mut String, uptime: Duration) {
    let mut put = |name: &str, kind: &str, help: &str, value: f64| {
        let name = format!("magflock_process_{name}");
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n"));
    };
    put("uptime_seconds", "gauge", "Time since the start.", uptime.as_secs_f64());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(kib) = status_field(&status, "VmRSS:") {
        put("resident_memory_bytes", "gauge", "Memory that is held now.", kib * 1024.0);
    }
    if let Some(kib) = status_field(&status, "VmHWM:") {
        put("resident_memory_max_bytes", "gauge", "The most memory ever held.", kib * 1024.0);
    }
    if let Some(threads) = status_field(&status, "Threads:") {
        put("threads", "gauge", "Threads of the system.", threads);
    }
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    if let Some(seconds) = cpu_seconds(&stat) {
        put("cpu_seconds_total", "counter", "Processor time, user and system.", seconds);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        // The folder itself is open while it is read.
        let open = u32::try_from(entries.count()).unwrap_or(u32::MAX).saturating_sub(1);
        put("open_fds", "gauge", "Open files and connections.", f64::from(open));
    }
}

fn status_field(status: &str, name: &str) -> Option<f64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    // The name of the process stands in brackets and may hold spaces and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    #[test]
    fn processor_time_is_found_behind_an_odd_name() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14";
        assert_eq!(super::cpu_seconds(stat), Some(2.0));
        assert_eq!(super::cpu_seconds("garbage"), None);
        assert_eq!(super::status_field("Name:\tx\nVmRSS:\t  12 kB\n", "VmRSS:"), Some(12.0));
    }
}
