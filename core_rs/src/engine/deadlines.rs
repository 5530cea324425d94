//! Deadlines of what waits, or waited: a wheel of two turns, so that noting one costs the same
//! however many there are.

use crate::engine::units::PaymentId;

/// Ticks of a turn of the near wheel.
const TURN: usize = 4_096;
const NONE: u32 = u32::MAX;

/// One payment in the list of its tick, or of its turn.
#[derive(Clone, Copy, Debug)]
struct Node {
    payment: PaymentId,
    deadline: u32,
    next: u32,
}

/// Payments by deadline.
#[derive(Clone, Debug, Default)]
pub struct Deadlines {
    /// The first tick not yet passed.
    now: u32,
    count: usize,
    /// First node of each tick of the turn that runs.
    near: Vec<u32>,
    /// First node of each later turn.
    far: Vec<u32>,
    nodes: Vec<Node>,
    /// First of the nodes that are free again.
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
            nodes: Vec::new(),
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
        self.nodes.clear();
    }

    /// Watches a deadline within the run that has not passed.
    pub fn watch(&mut self, deadline: u32, payment: PaymentId) {
        debug_assert!(deadline >= self.now);
        let list = self.list(deadline);
        let node = Node {
            payment,
            deadline,
            next: *list,
        };
        if self.free == NONE {
            let place = self.nodes.len() as u32;
            *self.list(deadline) = place;
            self.nodes.push(node);
        } else {
            let place = self.free;
            *self.list(deadline) = place;
            self.free = std::mem::replace(&mut self.nodes[place as usize], node).next;
        }
        self.count += 1;
    }

    #[inline]
    fn list(&mut self, deadline: u32) -> &mut u32 {
        let turn = deadline as usize / TURN;
        if turn == self.now as usize / TURN {
            &mut self.near[deadline as usize % TURN]
        } else {
            &mut self.far[turn]
        }
    }

    /// Moves the payments whose deadline is `tick` or has been passed over before it to `passed`.
    pub fn pass(&mut self, tick: u32, passed: &mut Vec<PaymentId>) {
        while self.now <= tick {
            if self.count == 0 {
                self.now = tick + 1;
                return;
            }
            let slot = self.now as usize % TURN;
            let mut at = std::mem::replace(&mut self.near[slot], NONE);
            while at != NONE {
                let node = &mut self.nodes[at as usize];
                passed.push(node.payment);
                let next = std::mem::replace(&mut node.next, self.free);
                self.free = at;
                self.count -= 1;
                at = next;
            }
            self.now += 1;
            if (self.now as usize).is_multiple_of(TURN) {
                self.turn();
            }
        }
    }

    /// Spreads the turn that begins over its ticks.
    fn turn(&mut self) {
        let turn = self.now as usize / TURN;
        let Some(list) = self.far.get_mut(turn) else {
            return;
        };
        let mut at = std::mem::replace(list, NONE);
        while at != NONE {
            let node = &mut self.nodes[at as usize];
            let slot = node.deadline as usize % TURN;
            let next = std::mem::replace(&mut node.next, self.near[slot]);
            self.near[slot] = at;
            at = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Deadlines;
    use crate::engine::units::PaymentId;

    #[test]
    fn every_payment_passes_at_its_deadline_and_its_place_is_used_again() {
        let mut deadlines = Deadlines::new(0, 20_000);
        let deadline = |payment: u32| payment * 7_919 % 19_000;
        (0..500).for_each(|payment| deadlines.watch(deadline(payment), PaymentId(payment)));
        for tick in 0..20_000 {
            let mut passed = Vec::new();
            deadlines.pass(tick, &mut passed);
            passed.sort_unstable();
            let due = (0..500).filter(|&payment| deadline(payment) == tick);
            let due: Vec<PaymentId> = due.map(PaymentId).collect();
            assert_eq!(passed, due, "tick {tick}");
            if tick == 19_500 {
                deadlines.watch(19_999, PaymentId(7));
                assert_eq!(deadlines.nodes.len(), 500);
            }
            if tick == 19_998 {
                deadlines.pass(19_999, &mut passed);
                assert_eq!(passed, [PaymentId(7)]);
            }
        }
    }

    #[test]
    fn what_was_passed_over_comes_with_the_next_tick_asked_for() {
        let mut deadlines = Deadlines::new(4_000, 100_000);
        for (payment, deadline) in [(1, 4_001), (2, 4_100), (3, 50_000), (4, 99_999)] {
            deadlines.watch(deadline, PaymentId(payment));
        }
        let mut passed = Vec::new();
        deadlines.pass(60_000, &mut passed);
        assert_eq!(passed, [1, 2, 3].map(PaymentId));
    }
}
