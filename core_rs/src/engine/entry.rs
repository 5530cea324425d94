//! Steps 2 and 4: payments arrive at their bank and enter their rail.

use crate::engine::errors::RunError;
use crate::engine::facts::{Detail, Method};
use crate::engine::kernel::{Kernel, MOST_PAYMENTS};
use crate::engine::ledger::MOST_MONEY;
use crate::engine::payments::{Order, mark};
use crate::engine::record::{Kind, Subject};
use crate::engine::scenario::{Discipline, Saving};
use crate::engine::units::{PaymentId, RailId, Tick};

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
            self.hand_in(payment)?;
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
        let copied = rows.is_some();
        if let Some(rows) = rows {
            self.payments.copy(table, rows, self.tick);
        }
        let done = due.clone().try_for_each(|rank| {
            let order = Order::of(table, self.script.row(rank), self.tick);
            let payment = if copied {
                let payment = PaymentId((first + rank - due.start) as u32);
                let value = self.value_with(order.amount.0)?;
                self.count_arrival(payment, &order, value);
                payment
            } else {
                self.arrive(&order)?
            };
            self.script.step();
            self.hand_in(payment)
        });
        let arrived = self.script.position() - due.start;
        // A run that failed holds only what had arrived.
        self.payments.truncate(first + arrived);
        (self.payments).note_scripted(PaymentId(first as u32), due.start as u32, arrived as u32);
        done
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
        self.figures.arrivals += 1;
        self.figures.arrived_value += amount;
        let left_of_day = u128::from(self.day_end - self.tick);
        let value_ticks = u128::from(amount.unsigned_abs()) * left_of_day;
        let today = &mut self.gauges.today;
        today.arrived_count += 1;
        today.arrived_value += amount;
        today.rho_denominator += value_ticks;
        let receiver = &mut self.gauges.agents[order.receiver.index()];
        receiver.scheduled_net -= amount;
        let sender = &mut self.gauges.agents[order.sender.index()];
        sender.arrived_count += 1;
        sender.arrived_value += amount;
        sender.rho_denominator += value_ticks;
        sender.scheduled_net += amount;
        sender.scheduled_peak = sender.scheduled_peak.max(sender.scheduled_net);
        if order.deadline != Tick::NEVER {
            sender.timed_count += 1;
            sender.timed_value += amount;
            today.timed_count += 1;
            today.timed_value += amount;
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
    fn hand_in(&mut self, payment: PaymentId) -> Result<(), RunError> {
        let sender = self.payments.sender[payment.index()];
        if self.desks[sender.index()].submits_at_once() {
            self.payments.set(payment, mark::DECIDED);
            self.submit(payment);
            return Ok(());
        }
        self.put_pending(payment)
    }

    /// Lets a payment enter its rail in step 4.
    pub fn submit(&mut self, payment: PaymentId) {
        let at = payment.index();
        self.payments.release[at] = self.tick;
        let sender = self.payments.sender[at];
        self.desks[sender.index()].released_today += self.payments.amount[at];
        self.entering.push((self.payments.rank(payment), payment));
    }

    /// Step 4: each released payment by arrival number, dealt with completely before the next.
    pub fn let_enter(&mut self) -> Result<(), RunError> {
        self.work_off()?;
        let mut entering = std::mem::take(&mut self.entering);
        if !entering.is_sorted() {
            entering.sort_unstable();
        }
        for &(rank, payment) in &entering {
            self.enter(rank, payment)?;
        }
        entering.clear();
        self.entering = entering;
        Ok(())
    }

    fn enter(&mut self, rank: u64, payment: PaymentId) -> Result<(), RunError> {
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
                let mut set = std::mem::take(&mut self.scratch.members);
                set.extend([(rank, payment), (self.payments.rank(other), other)]);
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
