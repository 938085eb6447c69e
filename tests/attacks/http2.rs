//! What only HTTP/2 makes possible: streams by the thousand, taken back as soon as they are asked
//! for, and heads that go on for ever. The frames are written by hand: a client library would not.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connections::{answers, connect};
use super::memory::Memory;
use crate::support::{ServerProcess, TestDatabase, free_address};

/// Only against hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Kinds of frames.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;

/// Nothing of the head follows in another frame.
const END_HEADERS: u8 = 4;

/// `POST http /graphql`, by HPACK's table where that has it.
const HEAD: &[u8] = b"\x83\x86\x04\x08/graphql";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A connection that speaks HTTP/2.
async fn begin(server: &ServerProcess) -> TcpStream {
    let mut stream = connect(server).await;
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
    stream
}

/// Sends until the server ends the connection.
async fn send_until_the_end(mut stream: TcpStream, next: impl Fn(u32) -> Vec<u8>) {
    let (mut from, mut to) = stream.split();
    let mut sent = 0;
    let send = async {
        // Streams of a client have odd numbers.
        while to.write_all(&next(2 * sent + 1)).await.is_ok() {
            sent += 1;
        }
    };
    let mut drain = vec![0; 65_536];
    let read = async { while from.read(&mut drain).await.is_ok_and(|length| length > 0) {} };
    let ended = async {
        tokio::select! { () = send => {}, () = read => {} }
    };
    timeout(PATIENCE, ended).await.expect("the server ends it");
}

#[tokio::test]
async fn streams_taken_back_at_once() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let cancel = 8_u32.to_be_bytes();
    let asked = |stream| {
        let head = frame(HEADERS, END_HEADERS, stream, HEAD);
        [head, frame(RST_STREAM, 0, stream, &cancel)].concat()
    };
    send_until_the_end(begin(&server).await, asked).await;
    assert!(memory.grown_at_most() <= 32 << 20, "{} bytes", memory.grown_at_most());
    answers(&server).await;
}

#[tokio::test]
async fn streams_that_are_left_open() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let mut connections = Vec::new();
    for _ in 0..50 {
        let mut connection = begin(&server).await;
        for stream in (0..300).map(|number| 2 * number + 1) {
            let head = frame(HEADERS, END_HEADERS, stream, HEAD);
            let request = [head, frame(DATA, 0, stream, &[b' '; 100])].concat();
            // The server may have had enough.
            let _ = timeout(PATIENCE, connection.write_all(&request)).await.unwrap();
        }
        connections.push(connection);
    }
    answers(&server).await;
    assert!(memory.grown_at_most() <= 128 << 20, "{} bytes", memory.grown_at_most());
}

#[tokio::test]
async fn a_head_that_goes_on_for_ever() {
    let database = TestDatabase::new().await;
    let server = ServerProcess::start(&free_address().await, database.url(), &[]).await;
    let memory = Memory::of(server.id());
    let mut connection = begin(&server).await;
    connection.write_all(&frame(HEADERS, 0, 1, HEAD)).await.unwrap();
    // A field of a hundred letters, not to be kept in the table.
    let field = [&[0x00, 0x01, b'x', 0x64][..], &[b'a'; 100]].concat();
    let more = frame(CONTINUATION, 0, 1, &field.repeat(100));
    send_until_the_end(connection, |_| more.clone()).await;
    assert!(memory.grown_at_most() <= 32 << 20, "{} bytes", memory.grown_at_most());
    answers(&server).await;
}
