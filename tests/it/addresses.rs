//! Addresses that others wrote, with the verdict of two other validators.

use postbell::domain::EmailAddress;
use serde_json::Value;

use crate::support::corpora;

#[test]
fn firm_addresses_are_judged_as_two_other_validators_judge_them() {
    let Some(folder) = corpora::folder("the open addresses (addresses.jsonl)") else { return };
    let lines = std::fs::read_to_string(folder.join("addresses.jsonl")).expect("addresses.jsonl");
    let (mut firm, mut bad_taken, mut good_refused, mut soft_taken) = (0, vec![], vec![], vec![]);
    for line in lines.lines() {
        let case: Value = serde_json::from_str(line).expect("one JSON object a line");
        let address = case["address"].as_str().expect("address").to_owned();
        let judged = EmailAddress::parse(&address);
        if case["firm"] != true {
            if judged.is_ok() && case["valid"] == false {
                soft_taken.push(address);
            }
            continue;
        }
        firm += 1;
        match (case["valid"] == true, judged) {
            (true, Err(fault)) => good_refused.push((address, fault)),
            (false, Ok(_)) => bad_taken.push(address),
            (true, Ok(read)) => {
                let expected = case["normalized"].as_str().expect("normalized");
                let (local, _) = expected.rsplit_once('@').expect("an address");
                assert_eq!(read.local(), local, "{address}");
                assert_eq!(read.needs_smtputf8(), case["smtputf8"] == true, "{address}");
                if let Some(ascii) = case["ascii"].as_str() {
                    assert_eq!(read.as_str(), ascii, "{address}");
                }
            }
            (false, Err(_)) => {}
        }
    }
    println!(
        "addresses: {firm} firm, bad taken {}, good refused {}, others taken {}",
        bad_taken.len(),
        good_refused.len(),
        soft_taken.len()
    );
    println!("  taken though one validator refuses: {soft_taken:?}");
    assert!(firm > 250, "only {firm} firm cases were read");
    assert!(bad_taken.is_empty(), "bad taken: {bad_taken:?}");
    assert!(good_refused.len() <= 2, "good refused: {good_refused:?}");
}
