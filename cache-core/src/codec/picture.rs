//! Whether two values are the same as far as serde sees them.
//!
//! Bytes cannot tell: those of a `HashMap` differ each time it is written, and those of `Some(None)` and `None` are
//! equal in MessagePack. So a value is read back and the *pictures* of both are compared: everything that `Serialize`
//! says of them, types of numbers and levels of `Option` included.
//!
//! The order of sequences and maps is left out, since a set that was read back has another one, and serde does not tell
//! sets from lists. Nothing is lost by that: no codec reorders what it is given one after the other.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::ser::{self, Error as _, Serialize, Serializer};

use super::Codec;

/// A hash of what serde sees of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Picture(u64);

impl Picture {
    /// The picture of `value` as this codec is shown it; none if the type refuses.
    pub(super) fn of<V: Serialize + ?Sized>(codec: Codec, value: &V) -> Option<Self> {
        value.serialize(Painter { human_readable: codec.is_human_readable() }).ok().map(Self)
    }
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// A type's own refusal.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type refused to be written")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

#[derive(Debug, Clone, Copy)]
struct Painter {
    human_readable: bool,
}

impl Painter {
    fn paint<T: Serialize + ?Sized>(self, value: &T) -> Result<u64, Refused> {
        value.serialize(self)
    }

    fn group(self, kind: &'static str, name: &'static str) -> Group {
        Group { painter: self, kind: hash((kind, name)), sum: 0, members: 0, key: None }
    }
}

/// Many values: their hashes are added up, so that order plays no part unless a member knows its position.
#[derive(Debug)]
struct Group {
    painter: Painter,
    kind: u64,
    sum: u64,
    members: u64,
    key: Option<u64>,
}

impl Group {
    fn add(&mut self, member: impl Hash) {
        self.sum = self.sum.wrapping_add(hash(member));
        self.members += 1;
    }

    fn done(self) -> u64 {
        hash((self.kind, self.sum, self.members))
    }
}

macro_rules! scalars {
    ($($serialize:ident($value:ident: $type:ty) => $what:expr,)*) => {
        $(fn $serialize(self, $value: $type) -> Result<u64, Refused> {
            Ok(hash((stringify!($serialize), $what)))
        })*
    };
}

impl Serializer for Painter {
    type Ok = u64;
    type Error = Refused;
    type SerializeSeq = Group;
    type SerializeTuple = Group;
    type SerializeTupleStruct = Group;
    type SerializeTupleVariant = Group;
    type SerializeMap = Group;
    type SerializeStruct = Group;
    type SerializeStructVariant = Group;

    scalars! {
        serialize_bool(value: bool) => value,
        serialize_i8(value: i8) => value,
        serialize_i16(value: i16) => value,
        serialize_i32(value: i32) => value,
        serialize_i64(value: i64) => value,
        serialize_i128(value: i128) => value,
        serialize_u8(value: u8) => value,
        serialize_u16(value: u16) => value,
        serialize_u32(value: u32) => value,
        serialize_u64(value: u64) => value,
        serialize_u128(value: u128) => value,
        serialize_f32(value: f32) => value.to_bits(),
        serialize_f64(value: f64) => value.to_bits(),
        serialize_char(value: char) => value,
        serialize_str(value: &str) => value,
        serialize_bytes(value: &[u8]) => value,
        serialize_unit_struct(name: &'static str) => name,
    }

    fn serialize_none(self) -> Result<u64, Refused> {
        Ok(hash("none"))
    }

    fn serialize_unit(self) -> Result<u64, Refused> {
        Ok(hash("unit"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<u64, Refused> {
        Ok(hash(("some", self.paint(value)?)))
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Result<u64, Refused> {
        Ok(hash(("variant", name, variant)))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<u64, Refused> {
        Ok(hash(("newtype", name, self.paint(value)?)))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<u64, Refused> {
        Ok(hash(("newtype variant", name, variant, self.paint(value)?)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Group, Refused> {
        Ok(self.group("seq", ""))
    }

    fn serialize_tuple(self, _: usize) -> Result<Group, Refused> {
        Ok(self.group("tuple", ""))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Group, Refused> {
        Ok(self.group("tuple", name))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Group, Refused> {
        Ok(self.group("tuple variant", variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Group, Refused> {
        Ok(self.group("map", ""))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Group, Refused> {
        Ok(self.group("struct", name))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Group, Refused> {
        Ok(self.group("struct variant", variant))
    }

    fn is_human_readable(&self) -> bool {
        self.human_readable
    }
}

impl ser::SerializeSeq for Group {
    type Ok = u64;
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let member = self.painter.paint(value)?;
        self.add(member);
        Ok(())
    }

    fn end(self) -> Result<u64, Refused> {
        Ok(self.done())
    }
}

impl ser::SerializeMap for Group {
    type Ok = u64;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.key = Some(self.painter.paint(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let key = self.key.take().ok_or_else(|| Refused::custom("a value without a key"))?;
        let value = self.painter.paint(value)?;
        self.add((key, value));
        Ok(())
    }

    fn end(self) -> Result<u64, Refused> {
        Ok(self.done())
    }
}

/// Members that know their position, or their name.
macro_rules! positions {
    ($($group:ident :: $add:ident,)*) => {
        $(impl ser::$group for Group {
            type Ok = u64;
            type Error = Refused;

            fn $add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                let member = (self.members, self.painter.paint(value)?);
                self.add(member);
                Ok(())
            }

            fn end(self) -> Result<u64, Refused> {
                Ok(self.done())
            }
        })*
    };
}

macro_rules! names {
    ($($group:ident)*) => {
        $(impl ser::$group for Group {
            type Ok = u64;
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
                let member = (name, self.painter.paint(value)?);
                self.add(member);
                Ok(())
            }

            fn end(self) -> Result<u64, Refused> {
                Ok(self.done())
            }
        })*
    };
}

positions! {
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}
names! { SerializeStruct SerializeStructVariant }
