//! Which container drill itself runs in, if any. `/proc/self/cgroup` says nothing any more with version 2 (`0::/`), and a host name is
//! whatever somebody chose; but every engine mounts `/etc/hostname`, `/etc/hosts` and `/etc/resolv.conf` from a directory named by the
//! container's id, and the kernel shows that directory in `/proc/self/mountinfo`.

use std::path::Path;
use std::sync::OnceLock;

/// What an engine mounts into every container.
const MOUNTED: [&str; 3] = ["/etc/hostname", "/etc/hosts", "/etc/resolv.conf"];
/// Characters of a container's id, and of the host name that is made of it.
const ID_LENGTH: usize = 64;
const SHORT_LENGTH: usize = 12;

/// Where drill runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whereabouts {
    /// In some container, or in something made of one.
    pub contained: bool,
    /// Under which ids an engine may know it, the surest first. Empty where it is no container, or tells nothing.
    pub ids: Vec<String>,
    /// What no two containers of a machine share; empty outside.
    pub namespace: String,
}

/// Where this process runs; that does not change.
pub fn here() -> &'static Whereabouts {
    static HERE: OnceLock<Whereabouts> = OnceLock::new();
    HERE.get_or_init(|| {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let marked = Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists();
        let mut here = look(&text("/proc/self/mountinfo"), &text("/proc/self/cgroup"), &text("/etc/hostname"), marked);
        if here.contained {
            let namespace = std::fs::read_link("/proc/self/ns/mnt").map(|p| p.display().to_string());
            here.namespace = here.ids.first().cloned().or(namespace.ok()).unwrap_or_default();
        }
        here
    })
}

/// The same, of these texts.
fn look(mountinfo: &str, cgroup: &str, hostname: &str, marked: bool) -> Whereabouts {
    // Fields: id, parent, device, root (the directory there), mount point (here), …
    let roots = mountinfo.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        MOUNTED.contains(&point).then(|| last_id(root)).flatten()
    });
    let cgroups = cgroup.lines().filter_map(|line| last_id(line.splitn(3, ':').nth(2)?));
    let mut ids: Vec<String> = Vec::new();
    for id in roots.chain(cgroups) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let contained = marked || !ids.is_empty();
    let hostname = hostname.trim();
    if marked && hostname.len() == SHORT_LENGTH && is_hex(hostname) && !ids.iter().any(|id| id.starts_with(hostname)) {
        ids.push(hostname.to_string());
    }
    Whereabouts { contained, ids, namespace: String::new() }
}

/// `…/containers/<id>/hostname`, `/docker/<id>`, `…/docker-<id>.scope`: the innermost.
fn last_id(path: &str) -> Option<String> {
    path.rsplit(['/', '-', '.']).find(|part| part.len() == ID_LENGTH && is_hex(part)).map(str::to_string)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> String {
        digit.to_string().repeat(ID_LENGTH)
    }

    fn mount(root: &str, point: &str) -> String {
        format!("812 790 254:0 {root} {point} rw,relatime - ext4 /dev/vda rw\n")
    }

    #[test]
    fn a_docker_container_is_found_by_its_mounts_whatever_its_host_name() {
        let mounts =
            mount("/", "/") + &mount(&format!("/var/lib/docker/containers/{}/hostname", id('a')), "/etc/hostname");
        let here = look(&mounts, "0::/\n", "build-7\n", true);
        assert_eq!((here.contained, here.ids), (true, vec![id('a')]));
    }

    #[test]
    fn a_podman_container_is_found_by_its_mounts() {
        let root = format!("/containers/overlay-containers/{}/userdata/hostname", id('b'));
        assert_eq!(look(&mount(&root, "/etc/hostname"), "0::/\n", "x", true).ids, [id('b')]);
    }

    #[test]
    fn cgroup_names_it_too_and_the_innermost_counts() {
        let v1 = format!("9:name=systemd:/docker/{}/docker/{}\n", id('a'), id('b'));
        assert_eq!(look("", &v1, "x", false).ids, [id('b')]);
        let scope = format!("0::/system.slice/docker-{}.scope\n", id('c'));
        assert_eq!(look("", &scope, "x", false).ids, [id('c')]);
    }

    #[test]
    fn a_host_with_containers_on_it_is_no_container() {
        // What a host sees of its own containers has other mount points.
        let mounts = mount("/", &format!("/var/lib/docker/containers/{}/mounts/shm", id('a')));
        let here = look(&mounts, "0::/user.slice/user-0.slice/session-1.scope\n", "0123456789ab", false);
        assert_eq!(here, Whereabouts::default());
    }

    #[test]
    fn a_host_name_is_an_id_only_where_it_looks_like_one() {
        assert_eq!(look("", "0::/\n", "0123456789ab\n", true).ids, ["0123456789ab"]);
        assert!(look("", "0::/\n", "postgres\n", true).ids.is_empty());
        assert!(look("", "0::/\n", "0123456789ab\n", false).ids.is_empty());
        let mounts = mount(&format!("/x/{}/hosts", id('0')), "/etc/hosts");
        assert_eq!(look(&mounts, "", &"0".repeat(12), true).ids, [id('0')]);
    }
}
