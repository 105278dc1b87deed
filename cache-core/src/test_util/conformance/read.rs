//! `read`, `read_many`, `take`.

use super::{LONG, Suite, holds};
use crate::backend::{Read, Reading};

pub(super) async fn all(suite: &Suite<'_>) {
    one(suite).await;
    many(suite).await;
    bytes(suite).await;
    take(suite).await;
}

async fn one(suite: &Suite<'_>) {
    let (value, free) = (suite.name("v", "read"), suite.name("v", "free"));
    let versions = [suite.name("t", "one"), suite.name("t", "free"), suite.name("t", "two")];
    suite.set(&value, b"value").await;
    suite.set(&versions[0], &[1; 16]).await;
    suite.set(&versions[2], &[2; 16]).await;
    let [first, free_version, second] = versions.each_ref().map(String::as_str);
    let versions = [first, free_version, second];
    let read = Read { value: Some(&value), remaining: true, versions: &versions, replica: false };
    let reading = suite.ask("read", suite.backend.read(read)).await;
    holds!(reading.value, Some(b"value".to_vec()), "read: gives the value");
    holds!(
        reading.versions,
        vec![Some([1; 16]), None, Some([2; 16])],
        "read: gives the versions in the order of the request, and none for names that are free"
    );
    let left = reading.remaining.is_some_and(|left| left <= LONG && left > LONG / 2);
    holds!(left, true, "read: says how long the value has left");
    let read = Read { value: Some(&free), remaining: true, ..Read::default() };
    let reading = suite.ask("read", suite.backend.read(read)).await;
    holds!(reading, Reading::default(), "read: a name that is free has neither value nor life");
    let read = Read { value: Some(&value), ..Read::default() };
    let reading = suite.ask("read", suite.backend.read(read)).await;
    holds!(reading.remaining, None, "read: the remaining life is given only if it is wanted");
    let read = Read { versions: &versions[..1], ..Read::default() };
    let reading = suite.ask("read", suite.backend.read(read)).await;
    holds!((reading.value, reading.versions.len()), (None, 1), "read: without a value reads versions only");
    let read = Read { versions: &[&value, first], ..Read::default() };
    let reading = suite.ask("read", suite.backend.read(read)).await;
    holds!(reading.versions, vec![None, Some([1; 16])], "read: what is not sixteen bytes long is no version");
    let reading = suite.ask("read", suite.backend.read(Read::default())).await;
    holds!(reading, Reading::default(), "read: of nothing is nothing");
    let read = Read { value: Some(&value), replica: true, ..Read::default() };
    _ = suite.ask("a read that a replica may answer", suite.backend.read(read)).await;
}

async fn many(suite: &Suite<'_>) {
    let names: Vec<String> = (0..700).map(|number| suite.name("v", &format!("many-{number}"))).collect();
    for number in [0, 3, 698] {
        suite.set(&names[number], format!("{number:016}").as_bytes()).await;
    }
    let version = suite.name("t", "one");
    let (versions, all) = ([version.as_str()], names.iter().map(String::as_str).collect::<Vec<_>>());
    let reads: Vec<Read<'_>> = names
        .iter()
        .enumerate()
        .map(|(number, name)| Read {
            value: Some(name),
            remaining: number == 3,
            versions: if number % 2 == 1 { &versions } else { &[] },
            replica: false,
        })
        .collect();
    let readings = suite.ask("read_many", suite.backend.read_many(&reads)).await;
    holds!(readings.len(), names.len(), "read_many: gives one reading for each read");
    let found: Vec<usize> = (0..names.len()).filter(|number| readings[*number].value.is_some()).collect();
    holds!(found, vec![0, 3, 698], "read_many: gives each read its own value");
    holds!(readings[698].value.clone(), Some(b"0000000000000698".to_vec()), "read_many: gives each read its own value");
    let lives: Vec<usize> = (0..names.len()).filter(|number| readings[*number].remaining.is_some()).collect();
    holds!(lives, vec![3], "read_many: the remaining life is given to whoever wants it");
    let fit = readings.iter().enumerate().all(|(number, reading)| {
        let expected = if number % 2 == 1 { vec![Some([1; 16])] } else { Vec::new() };
        reading.versions == expected
    });
    holds!(fit, true, "read_many: gives each read its own versions");
    // However requests are cut into commands.
    for number in 505..520 {
        let first = Read { versions: &all[..number], ..Read::default() };
        let second = Read { value: Some(&names[3]), remaining: true, ..Read::default() };
        let readings = suite.ask("read_many", suite.backend.read_many(&[first, second])).await;
        let whole = readings[0].versions.len() == number && readings[0].versions[3] == Some(*b"0000000000000003");
        holds!(whole, true, "read_many: gives each read its own versions");
        let value = readings[1].value.is_some() && readings[1].remaining.is_some();
        holds!(value, true, "read_many: gives each read its own value and life");
    }
    holds!(suite.ask("read_many", suite.backend.read_many(&[])).await, Vec::new(), "read_many: of nothing is nothing");
}

async fn bytes(suite: &Suite<'_>) {
    let (name, all): (_, Vec<u8>) = (suite.name("v", "bytes \r\n\0 ä*?[]\\"), (0..=255).collect());
    for bytes in [&all[..], b"", b"\r\n", b"$-1\r\n"] {
        suite.set(&name, bytes).await;
        holds!(suite.get(&name).await, Some(bytes.to_vec()), "any bytes come back as they were stored, under any name");
    }
    let big = vec![0xa5; 1 << 20];
    suite.set(&name, &big).await;
    holds!(
        suite.get(&name).await.is_some_and(|bytes| bytes == big),
        true,
        "a value of a megabyte comes back as it was"
    );
}

async fn take(suite: &Suite<'_>) {
    let name = suite.name("l", "take");
    let before = suite.ask("take", suite.backend.take(&name, b"1", LONG)).await;
    holds!(before, None, "take: returns nothing for a name that was free");
    let before = suite.ask("take", suite.backend.take(&name, b"2", LONG * 2)).await;
    holds!(before, Some(b"1".to_vec()), "take: returns what the name was");
    holds!(suite.text(&name).await.as_deref(), Some("2"), "take: sets the name, whatever it was");
    let left = suite.remaining(&name).await;
    holds!(left.is_some_and(|left| left > LONG), true, "take: sets the life of the name");
}
