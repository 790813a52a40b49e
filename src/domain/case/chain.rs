//! 防篡改链: each event carries the hash of the one before it, over every stored byte of its own.
//! Words are bound by a salted hash, so they can be erased and the chain stays whole.
use sha2::{Digest, Sha256};

/// Every column of an event that the hash covers, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    pub case: &'a str,
    pub seq: i64,
    pub action: &'a str,
    pub from: Option<&'a str>,
    pub to: &'a str,
    pub at_ms: i64,
    pub recorded_ms: i64,
    pub who: &'a str,
    pub part: &'a str,
    pub unit: Option<i64>,
    pub channel: &'a str,
    pub payload: &'a str,
    pub text_id: Option<i64>,
    pub text_hash: Option<&'a str>,
    pub visibility: &'a str,
    pub idem: Option<&'a str>,
    pub prev_hash: &'a str,
}

/// What `verify_chain` found first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    #[error("event {0} is out of order")]
    Order(i64),
    #[error("event {0} does not follow the one before it")]
    Broken(i64),
    #[error("event {0} was changed")]
    Changed(i64),
}

impl Link<'_> {
    /// 规范字节: a version line, then each field with its length; an absent field differs from an empty one.
    pub fn canonical(&self) -> Vec<u8> {
        let mut bytes = b"nightfair case event 1\n".to_vec();
        let (seq, at, recorded) = (
            self.seq.to_string(),
            self.at_ms.to_string(),
            self.recorded_ms.to_string(),
        );
        let unit = self.unit.map(|id| id.to_string());
        let text_id = self.text_id.map(|id| id.to_string());
        let fields = [
            Some(self.case),
            Some(&seq),
            Some(self.action),
            self.from,
            Some(self.to),
            Some(&at),
            Some(&recorded),
            Some(self.who),
            Some(self.part),
            unit.as_deref(),
            Some(self.channel),
            Some(self.payload),
            text_id.as_deref(),
            self.text_hash,
            Some(self.visibility),
            self.idem,
            Some(self.prev_hash),
        ];
        for field in fields {
            match field {
                None => bytes.push(b'-'),
                Some(text) => {
                    bytes.extend_from_slice(format!("{}:", text.len()).as_bytes());
                    bytes.extend_from_slice(text.as_bytes());
                }
            }
        }
        bytes
    }

    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.canonical()))
    }
}

/// sha256(salt‖text)
pub fn text_hash(salt: &str, text: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(salt.as_bytes());
    digest.update(text.as_bytes());
    hex(&digest.finalize())
}

/// Checks the events of one case, in order, with the hash stored beside each.
pub fn verify_chain<'a>(
    events: impl IntoIterator<Item = (Link<'a>, &'a str)>,
) -> Result<(), ChainFault> {
    let mut prev = String::new();
    for (at, (link, stored)) in events.into_iter().enumerate() {
        if i64::try_from(at + 1).ok() != Some(link.seq) {
            return Err(ChainFault::Order(link.seq));
        }
        if link.prev_hash != prev {
            return Err(ChainFault::Broken(link.seq));
        }
        if link.hash() != stored {
            return Err(ChainFault::Changed(link.seq));
        }
        stored.clone_into(&mut prev);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(seq: i64, prev: &str) -> Link<'_> {
        Link {
            case: "TMD-2026-000001",
            seq,
            action: "accept",
            from: Some("registered"),
            to: "accepted",
            at_ms: 1,
            recorded_ms: 2,
            who: "account:1",
            part: "clerk",
            unit: Some(3),
            channel: "web",
            payload: "{}",
            text_id: None,
            text_hash: None,
            visibility: "public",
            idem: None,
            prev_hash: prev,
        }
    }

    #[test]
    fn any_change_breaks_the_chain() {
        let first = link(1, "");
        let first_hash = first.hash();
        let second = link(2, &first_hash);
        let second_hash = second.hash();
        let verify =
            |a: Link, b: Link| verify_chain([(a, first_hash.as_str()), (b, second_hash.as_str())]);
        assert_eq!(verify(first, second), Ok(()));
        let changes: [fn(&mut Link); 12] = [
            |l| l.case = "TMD-2026-000002",
            |l| l.action = "reject",
            |l| l.from = None,
            |l| l.to = "rejected",
            |l| l.at_ms += 1,
            |l| l.recorded_ms += 1,
            |l| l.who = "account:2",
            |l| l.unit = None,
            |l| l.payload = "{ }",
            |l| l.text_id = Some(1),
            |l| l.text_hash = Some(""),
            |l| l.idem = Some(""),
        ];
        for change in changes {
            let mut forged = first;
            change(&mut forged);
            assert_eq!(verify(forged, second), Err(ChainFault::Changed(1)));
        }
        assert_eq!(verify(first, link(2, "0")), Err(ChainFault::Broken(2)));
        assert_eq!(
            verify(first, link(3, &first_hash)),
            Err(ChainFault::Order(3))
        );
    }

    #[test]
    fn the_salted_hash_is_sha256_of_salt_and_text() {
        assert_eq!(
            text_hash("a", "bc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
