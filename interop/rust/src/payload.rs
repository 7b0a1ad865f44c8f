// SPDX-License-Identifier: Apache-2.0
//! The benchmark's message: 8 bytes send time, 8 bytes sequence, then a fixed stream.

/// The stamp: everything before the fixed stream.
pub const STAMP_SIZE: usize = 16;

/// A message of `size` bytes, its stamp zero. `size` is at least `STAMP_SIZE`.
pub fn template(size: usize) -> Vec<u8> {
    let mut message = vec![0; size];
    let mut stream = SplitMix64(size as u64);
    for chunk in message[STAMP_SIZE..].chunks_mut(8) {
        chunk.copy_from_slice(&stream.next().to_le_bytes()[..chunk.len()]);
    }
    message
}

pub fn stamp(message: &mut [u8], time_ns: u64, sequence: u64) {
    message[..8].copy_from_slice(&time_ns.to_le_bytes());
    message[8..STAMP_SIZE].copy_from_slice(&sequence.to_le_bytes());
}

/// Send time and sequence of a message; None when it is too short to carry them.
pub fn read_stamp(message: &[u8]) -> Option<(u64, u64)> {
    let word = |at: usize| Some(u64::from_le_bytes(message.get(at..at + 8)?.try_into().ok()?));
    Some((word(0)?, word(8)?))
}

/// Whether all but the stamp is as it was sent.
pub fn is_intact(message: &[u8], template: &[u8]) -> bool {
    message.len() == template.len() && message[STAMP_SIZE..] == template[STAMP_SIZE..]
}

struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The generator's published first output for seed 0.
    #[test]
    fn the_stream_is_splitmix64() {
        assert_eq!(SplitMix64(0).next(), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn the_stream_is_seeded_with_the_size_and_cut_at_the_end() {
        let message = template(STAMP_SIZE + 11);
        let mut stream = SplitMix64(STAMP_SIZE as u64 + 11);

        assert_eq!(message[..STAMP_SIZE], [0; STAMP_SIZE]);
        assert_eq!(message[16..24], stream.next().to_le_bytes());
        assert_eq!(message[24..], stream.next().to_le_bytes()[..3]);
    }

    #[test]
    fn a_stamp_is_read_back_and_harms_nothing() {
        let expected = template(40);
        let mut message = expected.clone();
        stamp(&mut message, 7, 9);

        assert_eq!(read_stamp(&message), Some((7, 9)));
        assert!(is_intact(&message, &expected));
    }

    #[test]
    fn a_wrong_byte_or_length_is_seen() {
        let expected = template(40);
        let mut wrong = expected.clone();
        wrong[39] ^= 1;

        assert!(!is_intact(&wrong, &expected));
        assert!(!is_intact(&expected[..39], &expected));
        assert_eq!(read_stamp(&expected[..15]), None);
    }
}
