//! What a job may write down: numbers, steps and parameters of any width.

use crate::diag::{Error, ErrorKind, Result};
use crate::typed::Config;
use crate::value::Node;

/// A number of any width, as a metric has it: the float that is nearest to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number that can be logged",
    label = "expected an integer or a float"
)]
pub trait Number {
    /// The number.
    fn to_f64(self) -> f64;
}

/// A step, as an integer of any width.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step",
    label = "expected an integer",
    note = "a step is counted from 0"
)]
pub trait Step {
    /// The step.
    ///
    /// # Errors
    /// It is below 0, or above what 64 bits hold.
    fn to_u64(self) -> Result<u64>;
}

/// What [`Run::log_params`](crate::run::Run::log_params) takes: numbers, text, lists of them, an `Option`, and whatever
/// becomes a [`Node`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no parameter that can be logged",
    label = "expected a number, a text, a boolean, or a list of them",
    note = "`mainstem::typed::Config::write(&value)` makes a node of any config"
)]
pub trait Param {
    /// The value as a config has it.
    fn into_node(self) -> Node;
}

impl<T: Into<Node>> Param for T {
    fn into_node(self) -> Node {
        self.into()
    }
}

macro_rules! exact {
    ($($ty:ty)*) => {$(
        impl Number for $ty {
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
        }
    )*};
}

macro_rules! nearest {
    ($($ty:ty)*) => {$(
        impl Number for $ty {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is meant")]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

macro_rules! steps {
    ($($ty:ty)*) => {$(
        impl Step for $ty {
            fn to_u64(self) -> Result<u64> {
                u64::try_from(self).map_err(|_| {
                    let message = format!("a step is a number from 0 to {}, but is {self}", u64::MAX);
                    Error::new(ErrorKind::Range, message).help("count the steps from 0")
                })
            }
        }
    )*};
}

macro_rules! params {
    ($($ty:ty)*) => {$(
        impl Param for $ty {
            fn into_node(self) -> Node {
                self.write()
            }
        }

        impl Param for Option<$ty> {
            fn into_node(self) -> Node {
                self.write()
            }
        }

        impl Param for Vec<$ty> {
            fn into_node(self) -> Node {
                self.write()
            }
        }

        impl Param for &Vec<$ty> {
            fn into_node(self) -> Node {
                self.write()
            }
        }

        impl Param for &[$ty] {
            fn into_node(self) -> Node {
                self.iter().map(Config::write).collect()
            }
        }

        impl<const N: usize> Param for [$ty; N] {
            fn into_node(self) -> Node {
                self.iter().map(Config::write).collect()
            }
        }
    )*};
}

exact! { bool i8 i16 i32 u8 u16 u32 f32 f64 }
nearest! { i64 i128 isize u64 u128 usize }
steps! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }
params! { i8 i16 i32 i128 isize u8 u16 u32 u64 u128 usize f32 String }

impl Param for &String {
    fn into_node(self) -> Node {
        self.write()
    }
}

macro_rules! lists {
    ($($ty:ty)*) => {$(
        impl Param for Vec<$ty> {
            fn into_node(self) -> Node {
                self.into_iter().collect()
            }
        }

        impl Param for &Vec<$ty> {
            fn into_node(self) -> Node {
                self.iter().copied().collect()
            }
        }

        impl Param for &[$ty] {
            fn into_node(self) -> Node {
                self.iter().copied().collect()
            }
        }

        impl<const N: usize> Param for [$ty; N] {
            fn into_node(self) -> Node {
                self.into_iter().collect()
            }
        }
    )*};
}

// What becomes a node by itself, in lists.
lists! { bool i64 f64 &str }

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(param: impl Param) -> String {
        format!("{:?}", param.into_node())
    }

    #[test]
    fn numbers_of_any_width_are_logged() {
        assert_eq!((3_usize.to_f64(), 0.5_f32.to_f64(), (-2_i64).to_f64()), (3.0, 0.5, -2.0));
        assert_eq!(7_i32.to_u64().map_err(|error| error.to_string()), Ok(7));
        assert_eq!(
            (-1_i64).to_u64().map_err(|error| error.to_string()),
            Err("a step is a number from 0 to 18446744073709551615, but is -1".to_owned())
        );
    }

    #[test]
    fn parameters_may_be_lists_and_texts() {
        assert_eq!(shown(150), "Int(150)");
        assert_eq!(shown(u64::MAX), r#"BigInt({"$int":"18446744073709551615"})"#);
        assert_eq!(shown(0.1_f32), "Float(0.1)");
        assert_eq!(shown("a".to_owned()), r#"Str("a")"#);
        assert_eq!(shown(vec![64_usize, 32]), "List([64,32])");
        assert_eq!(shown(&["x", "y"][..]), r#"List(["x","y"])"#);
        assert_eq!(shown(None::<u8>), "Null(null)");
    }
}
