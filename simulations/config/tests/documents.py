"""Documents that the tests of this folder start from."""

SMALLEST = """\
ticks_per_day: 10
seed: 1
agents:
  - {id: A, balance: 100}
  - {id: B, balance: 100}
rails:
  - {id: RTGS, settlement_type: immediate}
"""

EVERY_KEY = """\
name: Two banks
currency: {code: EUR, decimals: 2}
start_date: 2026-01-05
timezone: Europe/Helsinki
ticks_per_day: 100
num_days: 1
seed: 12345
day_start: "08:00"
day_end: "18:00"
end_of_day: carry_over
agents:
  - id: BANK_A
    name: First Bank
    balance: 1000000
    credit_limit: 500000
    collateral: {posted: 0, haircut: 0.0}
    policy: {type: release_all}
    limits: {bilateral: {BANK_B: 900000}, multilateral: 1500000}
    reservations: {urgent: 0}
    arrival_config:
      agent_id: BANK_A
      rate_per_tick: 5.0
      distribution_type: lognormal
      amount_mean: 100000
      amount_std_dev: 30000
      counterparty_weights: {BANK_B: 1.0}
      time_windows: [{start_tick: 0, end_tick: 20, rate_multiplier: 2.0}]
      deadline_ticks: [10, 50]
      priority: {5: 0.8, 9: 0.2}
      divisible: false
  - {id: BANK_B, balance: 1500000, credit_limit: 750000}
rails:
  - id: RTGS
    settlement_type: immediate
    queue: priority_fifo
    crediting: immediate
    liquidity_saving: [bilateral, multilateral]
    lsm_every_ticks: 1
  - {id: ACH, settlement_type: deferred_net, settle_at_ticks: [49, 99], max_amount: 50000}
costs: {overdraft_rate: 0.0001, delay_penalty_per_tick: 10, split_fee: 50, eod_penalty: 100000}
initial_transactions:
  - sender: BANK_A
    receiver: BANK_B
    amount: 2500
    arrival_tick: 0
    deadline_tick: 99
    priority: 5
    divisible: false
    rail: RTGS
    id: P1
events:
  - {tick: 40, type: outage, agent: BANK_B}
"""
