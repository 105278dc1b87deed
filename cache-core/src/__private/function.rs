//! A `#[cached]` function and its instances.

use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::registry::Info;

/// The next free dense index. Indices are process-wide, regions are not: each cache has a table of its own.
static NEXT: AtomicUsize = AtomicUsize::new(0);
const NONE: usize = usize::MAX;

/// The static behind one `#[cached]` function.
#[derive(Debug)]
pub struct Function {
    pub(super) info: &'static Info,
    slot: Slot,
    instances: OnceLock<Box<Node>>,
}

/// Where the regions of one instance are found.
#[derive(Debug)]
pub struct Slot {
    /// The dense index, for the table of any cache.
    index: AtomicUsize,
    /// The region in the global cache. That cache is never dropped nor replaced, so its regions can be kept here: the
    /// usual hit is spared the way through the table.
    pub(super) home: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Slot {
    const fn new() -> Self {
        Self { index: AtomicUsize::new(NONE), home: OnceLock::new() }
    }

    pub(super) fn index(&self) -> usize {
        match self.index.load(Ordering::Relaxed) {
            NONE => self.assign(),
            index => index,
        }
    }

    #[cold]
    fn assign(&self) -> usize {
        let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
        match self.index.compare_exchange(NONE, fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => fresh,
            Err(assigned) => assigned,
        }
    }
}

/// One instance of a generic function, in a list that only grows.
#[derive(Debug)]
struct Node {
    id: TypeId,
    slot: Slot,
    next: OnceLock<Box<Node>>,
}

impl Function {
    #[must_use]
    pub const fn new(info: &'static Info) -> Self {
        Self { info, slot: Slot::new(), instances: OnceLock::new() }
    }
}

/// Which instance of a function a call is of.
pub trait InstanceId: Copy {
    #[doc(hidden)]
    fn slot(self, function: &'static Function) -> &'static Slot;

    /// The name of an item that has the instance's parameters; none for the only instance.
    #[doc(hidden)]
    fn item(self) -> Option<&'static str>;
}

/// The only instance: the function is not generic.
#[derive(Debug, Clone, Copy)]
pub struct Sole;

impl InstanceId for Sole {
    #[inline]
    fn slot(self, function: &'static Function) -> &'static Slot {
        &function.slot
    }

    fn item(self) -> Option<&'static str> {
        None
    }
}

/// The instance for the types in `I`. Two instances of a function must not share entries: their keys and values may
/// have the same types and mean different things.
pub struct Instance<I>(PhantomData<fn() -> I>);

impl<I> Clone for Instance<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for Instance<I> {}

#[must_use]
pub const fn instance<I>() -> Instance<I> {
    Instance(PhantomData)
}

impl<I> InstanceId for Instance<I> {
    #[inline]
    fn slot(self, function: &'static Function) -> &'static Slot {
        // `typeid`, since the types may hold lifetimes.
        let id = typeid::of::<I>();
        let mut next = &function.instances;
        loop {
            let node = next.get_or_init(|| Box::new(Node { id, slot: Slot::new(), next: OnceLock::new() }));
            if node.id == id {
                return &node.slot;
            }
            next = &node.next;
        }
    }

    fn item(self) -> Option<&'static str> {
        Some(std::any::type_name::<I>())
    }
}

/// The path of an item: module, type and enclosing functions, and names that the macro gave.
#[must_use]
pub fn place<T>(_: &T) -> &'static str {
    std::any::type_name::<T>()
}

/// The name of a function's region: the one that was given, or the path of the function, with what tells its instances
/// apart.
pub(super) fn region_name(info: &Info, place: &str, item: Option<&str>) -> String {
    match (info.name, item) {
        // The parameters of an impl block are in the path already.
        (None, Some(item)) => {
            let own = item.split_once("::__cache_instance").map(|(_, own)| parameters(own));
            path_of(info, place) + &own.unwrap_or_default()
        }
        (None, None) => path_of(info, place),
        (Some(name), item) => name.to_owned() + &item.map(parameters).unwrap_or_default(),
    }
}

/// All `<…>` of a path.
fn parameters(path: &str) -> String {
    let mut depth = 0_u32;
    path.chars()
        .filter(|character| {
            depth += u32::from(*character == '<');
            let inside = depth > 0;
            depth -= u32::from(*character == '>' && inside);
            inside
        })
        .collect()
}

/// `module::Type::function`, from the path of an item inside or beside the function.
fn path_of(info: &Info, place: &str) -> String {
    let mut path = place.replace("::__cache_body", "");
    // Names of ours are at the end only; what is left of one in the middle is an enclosing cached function.
    while let Some(end) = path.rfind("::").filter(|end| is_ours(&path[end + 2..])) {
        path.truncate(end);
    }
    let function = info.function.rsplit("::").next().unwrap_or(info.function);
    if last_segment(&path) == function { path } else { format!("{path}::{function}") }
}

fn is_ours(segment: &str) -> bool {
    segment.starts_with("__cache_") || segment == "{{closure}}"
}

/// The last name of a path, without its parameters: `place` of `k::Repo<'_, k::A>::place<k::B>`.
fn last_segment(path: &str) -> &str {
    let (mut depth, mut start) = (0_u32, 0);
    for (index, character) in path.char_indices() {
        match character {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => start = index + 1,
            _ => {}
        }
    }
    path[start..].split('<').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: Info = Info {
        name: None,
        function: "get",
        module: "shop::users",
        file: "users.rs",
        line: 1,
        key: "",
        literals: &[""],
        ttl: "1m",
        tags: &[],
        version: 0,
        asynchronous: true,
    };

    #[test]
    fn default_names_hold_module_type_enclosing_function_and_parameters() {
        for (place, item, name) in [
            ("k::get::__cache_function", None, "k::get"),
            ("k::Repo::__cache_function_get", None, "k::Repo::get"),
            ("k::outer::get::__cache_function", None, "k::outer::get"),
            ("k::outer::__cache_body::get::__cache_function", None, "k::outer::get"),
            ("k::outer::{{closure}}::get::__cache_function", None, "k::outer::{{closure}}::get"),
            ("k::get::__cache_function", Some("k::get::__cache_instance<k::A, 0>"), "k::get<k::A, 0>"),
            (
                "k::Repo<'_, k::A>::__cache_function_get",
                Some("k::Repo<'_, k::A>::__cache_instance_get<k::B>"),
                "k::Repo<'_, k::A>::get<k::B>",
            ),
            ("k::Repo::__cache_function_get", Some("k::Repo::__cache_instance_get"), "k::Repo::get"),
            (
                "k::Repo<'_, k::A>::get<k::B>::{{closure}}::{{closure}}",
                Some("k::Repo<'_, k::A>::get<k::B>::{{closure}}"),
                "k::Repo<'_, k::A>::get<k::B>",
            ),
            ("<k::Plain as k::Tr>::get::{{closure}}", Some("<k::Plain as k::Tr>::get"), "<k::Plain as k::Tr>::get"),
        ] {
            assert_eq!(region_name(&INFO, place, item), name);
        }
    }

    #[test]
    fn a_given_name_is_told_apart_by_all_parameters() {
        let named = Info { name: Some("users"), ..INFO };
        for (item, name) in [
            (None, "users"),
            (Some("k::get::__cache_instance<k::A, 0>"), "users<k::A, 0>"),
            (Some("k::Repo::__cache_instance_get"), "users"),
            (Some("k::Repo<'_, k::A>::__cache_instance_get"), "users<'_, k::A>"),
        ] {
            assert_eq!(region_name(&named, "k::x::__cache_function", item), name);
        }
    }

    #[test]
    fn instances_have_indices_of_their_own_and_keep_them() {
        static FUNCTION: Function = Function::new(&INFO);
        let index = |slot: &Slot| slot.index();
        let all = || {
            [
                index(Sole.slot(&FUNCTION)),
                index(instance::<(&str,)>().slot(&FUNCTION)),
                index(instance::<(u8,)>().slot(&FUNCTION)),
            ]
        };
        let [sole, text, number] = all();
        assert!(sole != text && text != number && number != sole);
        assert_eq!(all(), [sole, text, number]);
    }
}
