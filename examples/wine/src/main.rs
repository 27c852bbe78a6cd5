//! Trains a classifier of red wines by their chemistry.


fn main() {
    let json = std::env::args().nth(1).unwrap_or_default();
    let config: wine::config::Train = serde_json::from_str(&json).unwrap();
    let trained = wine::train::train(&config).unwrap();
    println!("{} {}", trained.learned, serde_json::to_string_pretty(&trained.metrics).unwrap());
    std::fs::write(
        "/tmp/confusion.svg",
        wine::plot::confusion_svg(&trained.metrics, "forest on 340 wines").unwrap(),
    )
    .unwrap();
}
