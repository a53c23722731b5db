//! A pull to its end, with the pages that it handed over.

use rounds::connect::{ConnectError, Pull, PullEnd, PulledPage, Source};

pub async fn pull(source: &Source, pull: Pull) -> (Vec<PulledPage>, Result<PullEnd, ConnectError>) {
    let (tx, mut rx) = tokio::sync::mpsc::channel(4);
    let collect = async {
        let mut pages = Vec::new();
        while let Some(page) = rx.recv().await {
            pages.push(page);
        }
        pages
    };
    let (end, pages) = tokio::join!(source.pull(pull, tx), collect);
    (pages, end)
}
