//! The files that the container is started with.

use super::login::Way;
use super::{USER, keys};
use crate::backend::{BackendError, Credential};
use crate::environment::CopiedFile;
use crate::secret::Redactor;
use russh::keys::{HashAlg, PublicKey};

const START: &str = include_str!("files/start.sh");
const CLIENTS: &str = include_str!("files/sshd.conf");
const OTP_CLIENTS: &str = include_str!("files/otp.conf");
const OTP_PAM: &str = include_str!("files/otp.pam");
const OTP_VERIFY: &str = include_str!("files/otp-verify");
const ADMINISTRATOR: &str = include_str!("files/administrator.conf");

/// Where `start.sh` is.
pub const START_PATH: &str = "/drill/start.sh";
/// Whose certificates are taken.
const CLIENTS_CA: &str = "/drill/run/clients-ca.pub";
/// What was revoked.
pub const LIST: &str = "/drill/run/krl";
/// Puts an authority's key (the second argument) and what it revoked (the third) among those of the others, whose file is named by the
/// first. The list is made anew of all, and put there in one step: sshd reads it at every login.
pub const TRUST: &str = r#"set -eu
cd /drill/run
umask 022
mkdir -p authorities
printf '%s\n' "$2" >"authorities/$1.pub"
printf '%s' "$3" >"authorities/$1.spec"
cat authorities/*.pub >clients-ca.new
ssh-keygen -q -k -f krl.new
for key in authorities/*.pub; do ssh-keygen -q -k -u -f krl.new -s "$key" "${key%.pub}.spec"; done
mv clients-ca.new clients-ca.pub
mv krl.new krl"#;
/// Adds a place where it is asked whether a password is good, once.
pub const ASK_AT: &str = r#"set -eu
umask 022
touch /drill/run/verifiers
grep -qxF "$1" /drill/run/verifiers || printf '%s\n' "$1" >>/drill/run/verifiers"#;
/// Puts settings (the argument) before those of `files/sshd.conf`, and has them read. sshd takes the first value of each.
pub const RECONFIGURE: &str = r#"set -eu
printf '%s' "$1" >/drill/run/variant.conf
"$(command -v sshd.pam || command -v sshd)" -t -f /drill/sshd.conf
kill -HUP "$(cat /drill/run/sshd.pid)""#;
/// Prints the list as text.
pub const SHOW_LIST: [&str; 5] = ["ssh-keygen", "-Q", "-l", "-f", LIST];

/// The files, the server's key, and the administrator's.
pub struct Prepared {
    /// Copied in before the start.
    pub files: Vec<CopiedFile>,
    /// What the server must show.
    pub host_key: PublicKey,
    /// Who may do everything.
    pub administrator: Credential,
}

/// For the image: whom operators work as. `sudo` is there and asks for a password that nobody knows.
pub fn environment() -> Vec<(String, String)> {
    [("USER_NAME", USER), ("SUDO_ACCESS", "false")].map(|(k, v)| (k.to_string(), v.to_string())).to_vec()
}

/// Makes them. Until the server is told whose certificates it should take it takes nobody's.
///
/// # Errors
/// No key can be made.
pub fn prepare(way: Way, redactor: &Redactor) -> Result<Prepared, BackendError> {
    let (host, administrator) = (keys::new_key()?, keys::new_key()?);
    let file = |path: &str, bytes: Vec<u8>, mode| CopiedFile { path: path.into(), bytes, mode };
    let public = keys::public_text(&administrator)?;
    let clients = if way == Way::Key { CLIENTS } else { OTP_CLIENTS };
    let mut files = vec![
        file(START_PATH, START.into(), 0o755),
        file("/drill/sshd.conf", clients.into(), 0o644),
        file("/drill/administrator.conf", ADMINISTRATOR.into(), 0o644),
        file("/drill/host_key", keys::private_text(&host, redactor)?.expose().into(), 0o600),
        file("/drill/administrator.pub", format!("{public}\n").into_bytes(), 0o644),
        file(CLIENTS_CA, Vec::new(), 0o644),
    ];
    if way == Way::OneTime {
        files.extend([
            file("/etc/pam.d/drill-otp", OTP_PAM.into(), 0o644),
            file("/drill/otp-verify", OTP_VERIFY.into(), 0o755),
            file("/drill/run/verifiers", Vec::new(), 0o644),
        ]);
    }
    let administrator = Credential {
        name: administrator.fingerprint(HashAlg::Sha256).to_string(),
        secret: keys::private_text(&administrator, redactor)?,
    };
    Ok(Prepared { files, host_key: host.public_key().clone(), administrator })
}

/// Whether a list, as `ssh-keygen` prints it, has a serial: `serial: 11`, `serial: 11-13`.
pub fn lists(printed: &str, serial: u64) -> bool {
    printed.lines().filter_map(|line| line.trim().strip_prefix("serial: ")).any(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        matches!((from.parse::<u64>(), to.parse::<u64>()), (Ok(from), Ok(to)) if (from..=to).contains(&serial))
    })
}

#[cfg(test)]
mod tests {
    use super::lists;

    #[test]
    fn a_list_has_single_serials_and_ranges() {
        let printed = "# KRL version 0\n# CA key ssh-ed25519 SHA256:x\n\nserial: 11\nserial: 20-22\n# CA key y\n";
        for listed in [11, 20, 21, 22] {
            assert!(lists(printed, listed), "{listed}");
        }
        for not in [0, 1, 10, 12, 19, 23, 1120] {
            assert!(!lists(printed, not), "{not}");
        }
        assert!(!lists("# serial: 11", 11));
    }
}
