//! A deserializer that invents what it is asked for, and has it noted.

use serde::de::value::U32Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::{Refused, Trace};

/// Texts that types which are written as a text accept: dates, times, addresses, numbers.
const TEXTS: &[&str] = &[
    "",
    "a",
    "1",
    "2000-01-01T00:00:00Z",
    "2000-01-01T00:00:00",
    "2000-01-01",
    "00:00:00",
    "UTC",
    "127.0.0.1",
    "::1",
    "127.0.0.1:1",
    "1.0.0",
    "http://a/",
    "a@a.aa",
    "00000000-0000-4000-8000-000000000000",
    "en",
    "true",
];

/// Lengths of bytes that types which are written as bytes accept: identifiers, addresses, digests, keys.
const LENGTHS: &[usize] = &[0, 16, 32, 4, 8, 12, 20, 24, 48, 64];

/// Invents the value at one place of a type.
pub(super) struct Tracer<'t> {
    pub(super) trace: &'t mut Trace,
}

fn names(names: &[&str]) -> String {
    names.join(",")
}

macro_rules! numbers {
    ($($deserialize:ident $visit:ident $type:ident)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            // One, for what must not be zero.
            let value: $type = [1 as $type, 0 as $type][self.trace.leaf(stringify!($type), 2)?.min(1)];
            visitor.$visit(value)
        })*
    };
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Refused;

    numbers! {
        deserialize_i8 visit_i8 i8
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
        deserialize_i128 visit_i128 i128
        deserialize_u8 visit_u8 u8
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
        deserialize_u128 visit_u128 u128
        deserialize_f32 visit_f32 f32
        deserialize_f64 visit_f64 f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Refused> {
        self.trace.note("any")?;
        self.trace.gave_up = true;
        Err(Refused)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_any(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_any(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let choice = self.trace.leaf("bool", 2)?;
        visitor.visit_bool(choice == 1)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let choice = self.trace.leaf("char", 2)?;
        visitor.visit_char(if choice == 0 { 'a' } else { '1' })
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let choice = self.trace.leaf("str", TEXTS.len())?;
        visitor.visit_str(TEXTS.get(choice).copied().unwrap_or_default())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let choice = self.trace.leaf("bytes", LENGTHS.len())?;
        visitor.visit_bytes(&vec![0; LENGTHS.get(choice).copied().unwrap_or_default()])
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note("option")?;
        if self.trace.run.repeated > 0 {
            return visitor.visit_none();
        }
        self.trace.down("?", |trace| visitor.visit_some(Tracer { trace }))
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note("unit")?;
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note(format_args!("unit {name}"))?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note(format_args!("newtype {name}"))?;
        self.trace.within(format!("newtype {name}"), |trace| {
            trace.down("^", |trace| visitor.visit_newtype_struct(Tracer { trace }))
        })
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note("seq")?;
        let left = usize::from(self.trace.run.repeated == 0);
        visitor.visit_seq(Items { trace: self.trace, next: 0, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note(format_args!("tuple {len}"))?;
        visitor.visit_seq(Items { trace: self.trace, next: 0, left: len })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.trace.note(format_args!("tuple {name} {len}"))?;
        self.trace.within(format!("tuple {name} {len}"), |trace| visitor.visit_seq(Items { trace, next: 0, left: len }))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note("map")?;
        let left = usize::from(self.trace.run.repeated == 0);
        visitor.visit_map(Items { trace: self.trace, next: 0, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let what = format!("struct {name} {}", names(fields));
        self.trace.note(&what)?;
        self.trace.within(what, |trace| visitor.visit_seq(Items { trace, next: 0, left: fields.len() }))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let what = format!("enum {name} {}", names(variants));
        self.trace.note(&what)?;
        self.trace.variant(what, variants.len(), |trace, index| visitor.visit_enum(Variant { trace, index }))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// So many values in a row.
struct Items<'t> {
    trace: &'t mut Trace,
    next: usize,
    left: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        let step = self.next;
        (self.next, self.left) = (step + 1, left);
        self.trace.down(format_args!(".{step}"), |trace| seed.deserialize(Tracer { trace })).map(Some)
    }
}

impl<'de> MapAccess<'de> for Items<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.trace.down(".key", |trace| seed.deserialize(Tracer { trace })).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        self.trace.down(".value", |trace| seed.deserialize(Tracer { trace }))
    }
}

/// One variant of an enum.
struct Variant<'t> {
    trace: &'t mut Trace,
    index: u32,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Refused> {
        let index: U32Deserializer<Refused> = self.index.into_deserializer();
        Ok((seed.deserialize(index)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        self.trace.note("unit")
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refused> {
        self.trace.note("newtype")?;
        self.trace.down("^", |trace| seed.deserialize(Tracer { trace }))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.trace.note(format_args!("tuple {len}"))?;
        visitor.visit_seq(Items { trace: self.trace, next: 0, left: len })
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Refused> {
        self.trace.note(format_args!("struct {}", names(fields)))?;
        visitor.visit_seq(Items { trace: self.trace, next: 0, left: fields.len() })
    }
}
