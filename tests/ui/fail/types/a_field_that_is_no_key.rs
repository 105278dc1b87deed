struct Place {
    latitude: f64,
}

#[cache_core::cached(ttl = "5m", key = "{place.latitude}")]
async fn load(place: &Place) -> u64 {
    place.latitude as u64
}

fn main() {}
