// SPDX-License-Identifier: Apache-2.0
//! Standard output: one JSON object a line, flushed whenever nothing more is waiting.

use std::{
    io::{self, BufWriter, Write},
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use serde_json::Value;

enum Item {
    Line(Value),
    /// Everything before is written; then tell the sender.
    Finish(Sender<()>),
}

/// The way to a thread that owns standard output, so that a slow reader never blocks the node.
#[derive(Clone)]
pub struct Output(Sender<Item>);

impl Output {
    pub fn start() -> Self {
        let (sender, items) = mpsc::channel();
        thread::spawn(move || write_all(&items));
        Self(sender)
    }

    pub fn line(&self, value: Value) {
        // The thread ends only with its input, so the only loss is after a closed pipe.
        let _ = self.0.send(Item::Line(value));
    }

    /// Returns when everything said so far is written.
    pub fn finish(&self) {
        let (done, wait) = mpsc::channel();
        if self.0.send(Item::Finish(done)).is_ok() {
            let _ = wait.recv();
        }
    }
}

fn write_all(items: &Receiver<Item>) -> Option<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    loop {
        let mut next = Some(items.recv().ok()?);
        while let Some(item) = next {
            match item {
                Item::Line(value) => writeln!(out, "{value}").ok()?,
                Item::Finish(done) => {
                    out.flush().ok()?;
                    let _ = done.send(());
                }
            }
            next = items.try_recv().ok();
        }
        out.flush().ok()?;
    }
}
