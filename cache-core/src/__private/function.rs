//! A `#[cached]` function and its instances.

use std::any::TypeId;
use std::marker::PhantomData;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::registry::Info;

/// The next free dense index. Indices are process-wide, regions are not: each cache has a table of its own.
static NEXT: AtomicUsize = AtomicUsize::new(0);
const NONE: usize = usize::MAX;

/// The static behind one `#[cached]` function: what is known of it, and its index.
#[derive(Debug)]
pub struct Function {
    pub(super) info: &'static Info,
    index: AtomicUsize,
    instances: OnceLock<Box<Node>>,
}

/// One instance of a generic function, in a list that only grows.
#[derive(Debug)]
struct Node {
    id: TypeId,
    index: usize,
    next: OnceLock<Box<Node>>,
}

impl Function {
    #[must_use]
    pub const fn new(info: &'static Info) -> Self {
        Self { info, index: AtomicUsize::new(NONE), instances: OnceLock::new() }
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

/// Which instance of a function a call is of.
pub trait InstanceId: Copy {
    #[doc(hidden)]
    fn index(self, function: &'static Function) -> usize;

    /// The instance's part of a region's name; empty for the only one.
    #[doc(hidden)]
    fn suffix(self) -> String;
}

/// The only instance: the function is not generic.
#[derive(Debug, Clone, Copy)]
pub struct Sole;

impl InstanceId for Sole {
    #[inline]
    fn index(self, function: &'static Function) -> usize {
        match function.index.load(Ordering::Relaxed) {
            NONE => function.assign(),
            index => index,
        }
    }

    fn suffix(self) -> String {
        String::new()
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
    fn index(self, function: &'static Function) -> usize {
        // `typeid`, since the types may hold lifetimes.
        let id = typeid::of::<I>();
        let mut slot = &function.instances;
        loop {
            let node = slot.get_or_init(|| {
                Box::new(Node { id, index: NEXT.fetch_add(1, Ordering::Relaxed), next: OnceLock::new() })
            });
            if node.id == id {
                return node.index;
            }
            slot = &node.next;
        }
    }

    fn suffix(self) -> String {
        let name = std::any::type_name::<I>();
        let parameters = name.find('<').map_or("", |start| &name[start..]);
        // A method's only parameter is its own type, which is in the name already unless it has parameters itself.
        if parameters[parameters.len().min(1)..].contains(['<', ',']) || !parameters.contains("::") {
            parameters.to_owned()
        } else {
            parameters.to_owned()
        }
    }
}

/// The path of an item: module, type and enclosing functions, without the names that the macro gave.
#[must_use]
pub fn place<T>(_: &T) -> &'static str {
    std::any::type_name::<T>()
}

/// The default name of a function's region, from the [`place`] of an item that the macro put next to it.
pub(super) fn region_name(info: &Info, place: &str, suffix: &str) -> String {
    let name = match info.name {
        Some(name) => name.to_owned(),
        None => {
            let mut path = place;
            while let Some(end) = path.rfind("::__cache_").filter(|end| !path[end + 2..].contains("::")) {
                path = &path[..end];
            }
            let path = path.replace("::__cache_body", "");
            let function = info.function.rsplit("::").next().unwrap_or(info.function);
            if path.rsplit("::").next() == Some(function) { path } else { format!("{path}::{function}") }
        }
    };
    format!("{name}{suffix}")
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
    fn default_names_hold_module_type_and_enclosing_function() {
        for (place, name) in [
            ("shop::users::get::__cache_function", "shop::users::get"),
            ("shop::users::get::__cache_function::__cache_here", "shop::users::get"),
            ("shop::users::Repo::__cache_function_get", "shop::users::Repo::get"),
            ("shop::outer::get::__cache_function", "shop::outer::get"),
            ("shop::outer::__cache_body::get::__cache_function", "shop::outer::get"),
            ("shop::Repo<'_, shop::Users>::__cache_function_get", "shop::Repo<'_, shop::Users>::get"),
        ] {
            assert_eq!(region_name(&INFO, place, ""), name);
        }
        let named = Info { name: Some("users"), ..INFO };
        assert_eq!(region_name(&named, "shop::x::__cache_function", "<u8>"), "users<u8>");
    }

    #[test]
    fn instances_have_indices_of_their_own_and_keep_them() {
        static FUNCTION: Function = Function::new(&INFO);
        let sole = Sole.index(&FUNCTION);
        let (text, number) = (instance::<(&str,)>(), instance::<(u8,)>());
        let indices = [text.index(&FUNCTION), number.index(&FUNCTION)];
        assert_ne!(indices[0], indices[1]);
        assert_eq!(
            [sole, text.index(&FUNCTION), number.index(&FUNCTION)],
            [Sole.index(&FUNCTION), indices[0], indices[1]]
        );
    }
}
