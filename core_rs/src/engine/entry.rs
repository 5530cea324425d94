//! Steps 2 and 4: payments arrive at their bank and enter their rail.

use std::ops::Range;

use crate::engine::errors::RunError;
use crate::engine::facts::{Detail, Method};
use crate::engine::kernel::{Kernel, MOST_PAYMENTS};
use crate::engine::ledger::MOST_MONEY;
use crate::engine::payments::{Order, mark};
use crate::engine::record::{Kind, Subject};
use crate::engine::scenario::{Discipline, PaymentTable, Saving};
use crate::engine::units::{AgentId, PaymentId, RailId, Tick};

impl Kernel {
    /// Step 2: scripted arrivals in file order, then generated ones by agent.
    pub fn let_arrive(&mut self) -> Result<(), RunError> {
        self.let_script_arrive()?;
        if self.arrivals.next_candidate() != Some(Tick(self.tick)) {
            return Ok(());
        }
        let mut generated = std::mem::take(&mut self.generated);
        let room = MOST_PAYMENTS - self.payments.len();
        let all = (self.arrivals).of_tick(Tick(self.tick), room, &mut generated);
        if !all {
            return Err(self.too_much("more payments arrive than a run can have"));
        }
        for payment in &generated {
            let payment = self.arrive(&Order {
                sender: payment.sender,
                receiver: payment.receiver,
                amount: payment.amount,
                arrival: Tick(self.tick),
                deadline: payment.deadline_tick,
                priority: payment.priority,
                rail: RailId::NONE,
                divisible: payment.divisible,
            })?;
            self.hand_in_new(payment)?;
        }
        generated.clear();
        self.generated = generated;
        Ok(())
    }

    /// Those of a file in order of arrival are copied column by column, a tick at a time.
    fn let_script_arrive(&mut self) -> Result<(), RunError> {
        let scenario = std::sync::Arc::clone(&self.scenario);
        let table = &scenario.payments;
        let due = self.script.due(table, self.tick);
        if due.is_empty() {
            return Ok(());
        }
        let first = self.payments.len();
        let rows = (self.script.rows(&due)).filter(|rows| rows.len() <= MOST_PAYMENTS - first);
        let done = match rows {
            Some(rows) => self.let_rows_arrive(table, rows),
            None => due.clone().try_for_each(|rank| {
                let payment = self.arrive(&Order::of(table, self.script.row(rank), self.tick))?;
                self.script.step();
                self.hand_in_new(payment)
            }),
        };
        let arrived = self.script.position() - due.start;
        // A run that failed holds only what had arrived.
        self.payments.truncate(first + arrived);
        (self.payments).note_scripted(PaymentId(first as u32), due.start as u32, arrived as u32);
        done
    }

    /// Lets rows that lie side by side arrive.
    fn let_rows_arrive(
        &mut self,
        table: &PaymentTable,
        rows: Range<usize>,
    ) -> Result<(), RunError> {
        let first = self.payments.len() as u32;
        self.payments.copy(table, rows.clone(), self.tick);
        for (payment, order) in (first..).zip(Order::all_of(table, rows, self.tick)) {
            let payment = PaymentId(payment);
            let value = self.value_with(order.amount.0)?;
            self.count_arrival(payment, &order, value);
            self.script.step();
            self.hand_in(payment, order.sender, order.amount.0)?;
        }
        Ok(())
    }

    fn too_much(&self, what: &'static str) -> RunError {
        RunError::TooMuch {
            what,
            tick: self.tick,
        }
    }

    /// What has arrived once `amount` does too.
    #[inline]
    fn value_with(&self, amount: i64) -> Result<i64, RunError> {
        (self.totals.arrived_value.checked_add(amount))
            .filter(|&sum| sum <= MOST_MONEY)
            .ok_or_else(|| {
                self.too_much("the value that arrives goes beyond 9000000000000000000 cents")
            })
    }

    /// Gives a payment its arrival number; it is in no queue yet.
    pub fn arrive(&mut self, order: &Order) -> Result<PaymentId, RunError> {
        let value = self.value_with(order.amount.0)?;
        if self.payments.len() >= MOST_PAYMENTS {
            return Err(self.too_much("more payments arrive than a run can have"));
        }
        let payment = self.payments.push(order);
        self.count_arrival(payment, order, value);
        Ok(payment)
    }

    /// All that an arrival counts towards; `value` has arrived with it.
    #[inline]
    fn count_arrival(&mut self, payment: PaymentId, order: &Order, value: i64) {
        let amount = order.amount.0;
        self.totals.arrived_value = value;
        self.totals.arrived_count += 1;
        let is_timed = order.deadline != Tick::NEVER;
        self.gauges.agents[order.receiver.index()].scheduled_net -= amount;
        self.gauges.agents[order.sender.index()].count_arrival(amount, is_timed);
        if is_timed {
            self.gauges.today.timed_count += 1;
            self.gauges.today.timed_value += amount;
        }
        let detail = Detail {
            method: order.priority,
            rail: order.rail,
            ..Detail::NONE
        };
        let facts = u64::from(order.deadline.0) | (u64::from(order.divisible) << 32);
        let subject = Subject {
            payment,
            sender: order.sender,
            receiver: order.receiver,
            amount,
        };
        (self.log).about(self.tick, Kind::Arrived, &subject, detail.with(facts));
    }

    /// Hands an arrived payment to its bank: submitted at once, or put into Queue 1.
    fn hand_in_new(&mut self, payment: PaymentId) -> Result<(), RunError> {
        let at = payment.index();
        self.hand_in(payment, self.payments.sender[at], self.payments.amount[at])
    }

    /// The same of a payment of which this is known.
    #[inline]
    fn hand_in(
        &mut self,
        payment: PaymentId,
        sender: AgentId,
        amount: i64,
    ) -> Result<(), RunError> {
        if self.desks[sender.index()].submits_at_once() {
            self.payments.set(payment, mark::DECIDED);
            self.submit_for(payment, sender, amount);
            return Ok(());
        }
        self.put_pending(payment)
    }

    /// Lets a payment enter its rail in step 4.
    pub fn submit(&mut self, payment: PaymentId) {
        let at = payment.index();
        self.submit_for(payment, self.payments.sender[at], self.payments.amount[at]);
    }

    #[inline]
    fn submit_for(&mut self, payment: PaymentId, sender: AgentId, amount: i64) {
        self.payments.release[payment.index()] = self.tick;
        self.desks[sender.index()].released_today += amount;
        self.entering.push((self.payments.rank(payment), payment));
    }

    /// Step 4: each released payment by arrival number, dealt with completely before the next.
    pub fn let_enter(&mut self) -> Result<(), RunError> {
        self.work_off()?;
        let mut entering = std::mem::take(&mut self.entering);
        if !entering.is_sorted() {
            entering.sort_unstable();
        }
        for &(_, payment) in &entering {
            self.enter(payment)?;
        }
        entering.clear();
        self.entering = entering;
        Ok(())
    }

    fn enter(&mut self, payment: PaymentId) -> Result<(), RunError> {
        let rail = self.route(payment);
        let at = payment.index();
        self.payments.rail[at] = rail;
        let sender = self.payments.sender[at];
        let system = &self.rails[rail.index()];
        if let Some(immediate) = &system.immediate {
            let entry = self.entry_of(payment);
            let blocked = immediate.discipline != Discipline::Bypass
                && system.heads[sender.index()].key < system.queue(sender).key(&entry);
            if !blocked && self.obstacle(sender, &entry).is_ok() {
                self.settle_alone(sender, &entry, rail)?;
                return self.work_off();
            }
            if system.saves_by(Saving::EntryOffset)
                && let Some(other) = self.offsetting(payment, rail)
            {
                self.take_queued(other);
                let mut set = std::mem::take(&mut self.scratch.members);
                set.extend([payment, other].map(|payment| self.member(payment)));
                self.settle_set(&mut set, rail, Method::Bilateral)?;
                self.scratch.members = set;
                return self.work_off();
            }
        }
        self.put_queued(payment, rail)?;
        let detail = Detail::on(rail);
        (self.log).payment(self.tick, Kind::Queued, &self.payments, payment, detail);
        Ok(())
    }
}
