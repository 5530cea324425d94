//! Deadlines of what waits, or waited: a wheel of two turns, so that noting one costs the same
//! however many there are.

use crate::engine::units::PaymentId;
use crate::engine::window::Window;

/// Ticks of a turn of the near wheel.
const TURN: usize = 4_096;
const NONE: u32 = u32::MAX;
/// Payments of a crate: with what else it holds, one line of the cache.
const CRATE: usize = 14;

/// Some of the payments of a tick, or of a turn.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Crate {
    held: [PaymentId; CRATE],
    count: u32,
    /// The next crate of the same list, or of those that are free.
    next: u32,
}

/// Payments by deadline.
#[derive(Clone, Debug, Default)]
pub struct Deadlines {
    /// The first tick not yet passed.
    now: u32,
    count: usize,
    /// First crate of each tick of the turn that runs.
    near: Vec<u32>,
    /// First crate of each later turn.
    far: Vec<u32>,
    crates: Vec<Crate>,
    /// First of the crates that are free again.
    free: u32,
}

impl Deadlines {
    /// None yet, in a run of `ticks` that goes on at `now`.
    #[must_use]
    pub fn new(now: u32, ticks: u32) -> Self {
        Self {
            now,
            count: 0,
            near: vec![NONE; TURN.min(ticks as usize + 1)],
            far: vec![NONE; ticks as usize / TURN + 1],
            crates: Vec::new(),
            free: NONE,
        }
    }

    /// Forgets all and goes back before the first tick.
    pub fn begin_again(&mut self) {
        if self.count > 0 {
            self.near.fill(NONE);
            self.far.fill(NONE);
        }
        (self.now, self.count, self.free) = (0, 0, NONE);
        self.crates.clear();
    }

    /// Watches a deadline within the run that has not passed.
    pub fn watch(&mut self, deadline: u32, payment: PaymentId) {
        debug_assert!(deadline >= self.now);
        self.put(deadline, payment);
        self.count += 1;
    }

    fn put(&mut self, deadline: u32, payment: PaymentId) {
        let turn = deadline as usize / TURN;
        let list = if turn == self.now as usize / TURN {
            &mut self.near[deadline as usize % TURN]
        } else {
            &mut self.far[turn]
        };
        match self.crates.get_mut(*list as usize) {
            Some(open) if (open.count as usize) < CRATE => {
                open.held[open.count as usize] = payment;
                open.count += 1;
            }
            _ => {
                let fresh = Crate {
                    held: [payment; CRATE],
                    count: 1,
                    next: *list,
                };
                if let Some(used) = self.crates.get_mut(self.free as usize) {
                    *list = self.free;
                    self.free = std::mem::replace(used, fresh).next;
                } else {
                    *list = self.crates.len() as u32;
                    self.crates.push(fresh);
                }
            }
        }
    }

    /// Moves the payments whose deadline is `tick` or has been passed over before it to `passed`;
    /// `deadlines` has that of each payment, but for some that left long ago.
    pub fn pass(&mut self, tick: u32, deadlines: &Window<u32>, passed: &mut Vec<PaymentId>) {
        while self.now <= tick {
            if self.count == 0 {
                self.now = tick + 1;
                return;
            }
            let slot = self.now as usize % TURN;
            let mut at = std::mem::replace(&mut self.near[slot], NONE);
            while at != NONE {
                let one = self.empty(at);
                let held = &one.held[..one.count as usize];
                passed.extend_from_slice(held);
                self.count -= held.len();
                at = one.next;
            }
            self.now += 1;
            if (self.now as usize).is_multiple_of(TURN) {
                self.turn(deadlines);
            }
        }
    }

    /// Says what a crate held and frees it.
    fn empty(&mut self, at: u32) -> Crate {
        let held = self.crates[at as usize];
        self.crates[at as usize].next = self.free;
        self.free = at;
        held
    }

    /// Spreads the turn that begins over its ticks.
    fn turn(&mut self, deadlines: &Window<u32>) {
        let turn = self.now as usize / TURN;
        let Some(list) = self.far.get_mut(turn) else {
            return;
        };
        let mut at = std::mem::replace(list, NONE);
        while at != NONE {
            let one = self.empty(at);
            for &payment in &one.held[..one.count as usize] {
                match deadlines.get(payment.index()) {
                    Some(&deadline) => self.put(deadline, payment),
                    None => self.count -= 1,
                }
            }
            at = one.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Deadlines;
    use crate::engine::units::PaymentId;
    use crate::engine::window::Window;

    #[test]
    fn every_payment_passes_at_its_deadline_and_its_place_is_used_again() {
        let mut deadlines = Deadlines::new(0, 20_000);
        let deadline = |payment: u32| payment * 7_919 % 19_000;
        let mut times = Window::from((0..500).map(deadline).collect::<Vec<u32>>());
        (0..500).for_each(|payment| deadlines.watch(deadline(payment), PaymentId(payment)));
        for tick in 0..20_000 {
            let mut passed = Vec::new();
            deadlines.pass(tick, &times, &mut passed);
            passed.sort_unstable();
            let due = (0..500).filter(|&payment| deadline(payment) == tick);
            let due: Vec<PaymentId> = due.map(PaymentId).collect();
            assert_eq!(passed, due, "tick {tick}");
            if tick == 19_500 {
                times[7] = 19_999;
                deadlines.watch(19_999, PaymentId(7));
                assert!(deadlines.crates.len() <= 500);
            }
            if tick == 19_998 {
                deadlines.pass(19_999, &times, &mut passed);
                assert_eq!(passed, [PaymentId(7)]);
            }
        }
    }

    #[test]
    fn what_was_passed_over_comes_with_the_next_tick_asked_for() {
        let mut deadlines = Deadlines::new(4_000, 100_000);
        let times = Window::from(vec![4_001, 4_100, 50_000, 99_999]);
        for (payment, &deadline) in (0..).zip(&[4_001, 4_100, 50_000, 99_999]) {
            deadlines.watch(deadline, PaymentId(payment));
        }
        let mut passed = Vec::new();
        deadlines.pass(60_000, &times, &mut passed);
        assert_eq!(passed, [0, 1, 2].map(PaymentId));
    }
}
