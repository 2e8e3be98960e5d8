//! Tokio's clock in the hands of a test: no test lasts as long as what it is about, and none fails
//! because the machine is busy.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Mutex,
        mpsc::{self, Sender},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, spawn_blocking},
    time::{Instant, MissedTickBehavior, interval_at},
};

/// How far the clock goes on at a time while something is under way.
const STEP: Duration = Duration::from_millis(10);

/// A clock that stands still but for what a test says.
#[derive(Debug)]
pub struct Clock(Mutex<Option<Hold>>);

impl Clock {
    /// Stops the clock of this test's runtime, which must be one of one thread.
    pub fn stop() -> Self {
        tokio::time::pause();
        Self(Mutex::new(Some(Hold::new())))
    }

    /// Turns it on.
    pub async fn advance(&self, time: Duration) {
        tokio::time::advance(time).await;
    }

    /// Does that, and turns the clock on as long as it takes: a bit at a time, and each time what is on
    /// its way over the network arrives first.
    pub async fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let hold = self.0.lock().unwrap().take();
        hold.expect("one at a time").end().await;
        let mut work = pin!(work);
        let done = tokio::select! {
            biased;
            done = &mut work => done,
            never = go_on() => match never {},
        };
        *self.0.lock().unwrap() = Some(Hold::new());
        done
    }
}

/// Keeps Tokio from turning a paused clock on by itself whenever nothing but the network is waited for,
/// as it does while no thread is busy.
#[derive(Debug)]
struct Hold {
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Hold {
    fn new() -> Self {
        let (end, ended) = mpsc::channel();
        // Its end is that of the sender.
        let thread = spawn_blocking(move || while ended.recv().is_ok() {});
        Self { end, thread }
    }

    async fn end(self) {
        drop(self.end);
        self.thread.await.unwrap();
    }
}

/// Lets Tokio turn the clock on, never further than a step at a time.
async fn go_on() -> Infallible {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut steps = interval_at(Instant::now() + STEP, STEP);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::join!(steps.tick(), over_the_network(&listener));
    }
}

/// Goes over the network once: what was sent before arrives before.
async fn over_the_network(listener: &TcpListener) {
    let (sent, taken) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    let (mut sent, (mut taken, _)) = (sent.unwrap(), taken.unwrap());
    sent.write_all(b"x").await.unwrap();
    taken.read_u8().await.unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn it_stands_still_until_it_is_turned_on() {
        let (clock, begin) = (Clock::stop(), Instant::now());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        over_the_network(&listener).await;
        assert_eq!(begin.elapsed(), Duration::ZERO);
        clock.advance(HOUR).await;
        assert_eq!(begin.elapsed(), HOUR);
    }

    #[tokio::test]
    async fn it_goes_on_while_something_is_waited_for() {
        let (clock, begin) = (Clock::stop(), Instant::now());
        let minute = HOUR / 60;
        clock.run(tokio::time::timeout(minute, std::future::pending::<()>())).await.unwrap_err();
        let time = begin.elapsed();
        assert!((minute..minute + 2 * STEP).contains(&time), "{time:?}");
        // Not while a thread is busy, nor afterwards.
        let (end, ended) = mpsc::channel::<()>();
        let busy = spawn_blocking(move || ended.recv());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let work = async {
            for _ in 0..100 {
                over_the_network(&listener).await;
            }
            drop(end);
            busy.await.unwrap().unwrap_err();
        };
        let before = Instant::now();
        clock.run(work).await;
        assert!(before.elapsed() < 10 * STEP, "{:?}", before.elapsed());
        let before = Instant::now();
        over_the_network(&listener).await;
        assert_eq!(before.elapsed(), Duration::ZERO);
    }
}
