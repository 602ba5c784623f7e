//! Steps that are prepared before they are run.

use crate::client::{Client, kinds};
use crate::{ended, open};
use isolab::events::{ActionRecord, Command, Event, Status};

fn acted(events: &[Event]) -> Vec<ActionRecord> {
    events.iter().filter_map(|e| if let Event::Acted(a) = e { Some((**a).clone()) } else { None }).collect()
}

/// What was done for the step itself: behind the last start of a step.
fn of_step(events: &[Event]) -> &[Event] {
    let start = events.iter().rposition(|e| matches!(e, Event::StepStarted { .. })).expect("a start");
    &events[start..]
}

pub fn prepared(client: &mut Client) {
    open(client, "uts");
    for index in 1..=5 {
        let prepared = client.ask(Command::Prepare(index));
        let waits = of_step(&prepared);
        assert!(
            kinds(waits).ends_with(&["before", "namespaces", "prepared", "idle"]),
            "step {index}: {prepared:?}"
        );
        assert!(waits.contains(&Event::Prepared { index }));
        let given = acted(waits);
        assert!(given.iter().all(|a| a.preparation), "step {index}: {given:?}");
        // Nothing is made twice.
        let again = client.ask(Command::Prepare(index));
        assert_eq!(acted(of_step(&again)), given, "step {index}");
        assert!(!kinds(&again).contains(&"undone"), "step {index}: {again:?}");
        let events = client.ask(Command::Run(index));
        assert!(!kinds(&events).contains(&"undone"), "step {index}: {events:?}");
        let records = ended(&events);
        let [record] = records.as_slice() else { panic!("one record: {records:?}") };
        assert_eq!(record.status, Status::Passed, "step {index}: {record:?}");
        assert_eq!(record.actions[..given.len()], given, "told again, as it was made");
        assert!(record.actions.len() > given.len(), "step {index}: {record:?}");
    }
}

pub fn another(client: &mut Client) {
    open(client, "uts");
    client.ask(Command::Prepare(3));
    // Further on, the prepared step is made on the way.
    let events = client.ask(Command::Prepare(5));
    assert!(!kinds(&events).contains(&"undone"), "{events:?}");
    // Back, a new world is needed.
    let events = client.ask(Command::Run(2));
    assert_eq!(kinds(&events)[0], "undone");
    assert_eq!(ended(&events).last().expect("a record").status, Status::Passed);
    client.ask(Command::Prepare(3));
    assert_eq!(kinds(&client.ask(Command::Restart)), ["undone", "idle"]);
    assert_eq!(kinds(&client.ask(Command::Prepare(9))), ["refused", "idle"]);
    client.ask(Command::Prepare(1));
    assert_eq!(kinds(&client.ask(Command::Close)), ["undone", "closed", "idle"]);
}
