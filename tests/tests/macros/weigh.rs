//! `weigh`: entries that fill a region by weight.

use cache_core::test_util::TestCache;
use cache_core::{Event, NotStored, cached};

use crate::ignore;

#[test]
fn heavy_values_leave_room_for_fewer() {
    #[cached(ttl = "1h", capacity = 1_000, weigh = |page: &String| page.len() as u64)]
    fn page(id: u64, length: usize) -> String {
        id.to_string().repeat(length)[..length].to_owned()
    }
    let test = TestCache::new();
    test.run_sync(|| {
        (0..100).for_each(|id| ignore(page(id, 100)));
        let region = page::region().expect("it was called");
        assert!(region.weight() <= 1_000, "weight {}", region.weight());
        assert!((1..=10).contains(&region.len()), "{} entries", region.len());
    });
}

#[test]
fn light_values_are_all_kept() {
    #[cached(ttl = "1h", capacity = 100_000, weigh = |page: &String| page.len() as u64)]
    fn page(id: u64) -> String {
        id.to_string()
    }
    TestCache::new().run_sync(|| {
        (10..60).for_each(|id| ignore(page(id)));
        let region = page::region().expect("it was called");
        assert_eq!((region.len(), region.weight()), (50, 100));
    });
}

#[test]
fn a_value_heavier_than_all_there_is_is_handed_out_and_reported() {
    #[cached(ttl = "1h", capacity = 100, weigh = |page: &String| page.len() as u64)]
    fn page(length: usize) -> String {
        "x".repeat(length)
    }
    let test = TestCache::new();
    test.run_sync(|| assert_eq!((page(1_000).len(), page::peek(1_000)), (1_000, None)));
    assert!(
        matches!(&test.events()[..], [Event::NotStored { reason: NotStored::TooHeavy, .. }]),
        "{:?}",
        test.events()
    );
}

#[test]
fn the_value_is_what_is_inside_a_result() {
    #[allow(clippy::ptr_arg)]
    fn weight(page: &Vec<u8>) -> u64 {
        page.len() as u64
    }
    #[cached(ttl = "1h", capacity = 100_000, weigh = weight)]
    fn page(length: usize) -> Result<Vec<u8>, String> {
        Ok(vec![0; length])
    }
    TestCache::new().run_sync(|| {
        assert!(page(30).is_ok() && page(40).is_ok());
        assert_eq!(page::region().expect("it was called").weight(), 70);
    });
}
