//! One struct under the derives of mainstem, burn and clap. burn's derive implements serde's traits for it, too.
#![cfg(test)]

use burn::config::Config as _;
use clap::Parser as _;
use mainstem::typed;

#[derive(mainstem::Config, burn::config::Config, clap::Parser, Debug, PartialEq)]
#[command(name = "train")]
struct Train {
    /// Step size of the optimizer.
    #[mainstem(default = 0.01, range = 1e-6..=1.0)]
    #[config(default = 0.01)]
    #[arg(long, default_value_t = 0.01)]
    lr: f64,
    /// How often all data is seen.
    #[arg(long)]
    epochs: usize,
}

#[test]
fn each_derive_leaves_the_attributes_of_the_others_alone() {
    let train = Train::new(3);
    assert_eq!(train, Train::parse_from(["train", "--epochs", "3"]));
    assert_eq!(train, Train::load_binary(br#"{"epochs": 3, "lr": 0.01}"#).unwrap());

    let node = typed::to_node(&train).unwrap();
    assert_eq!(node, mainstem::Config::write(&train));
    assert_eq!(train, typed::read::<Train>(&node).unwrap());
    assert_eq!(train, typed::from_node::<Train>(&node).unwrap());

    let far = typed::to_node(&Train::new(3).with_lr(2.0)).unwrap();
    let error = typed::read::<Train>(&far).unwrap_err();
    assert_eq!(error.message(), "`lr` is out of range: expected 1e-06..=1.0, found 2.0");
}
