"""Texts that several tests of this folder begin from."""

TWO = """\
# A day for two
name: Two banks
ticks_per_day: 100   # short
seed: 1
agents:
  - id: BANK_A       # the big one
    balance: 100000  # cents
    arrival_config:
      rate_per_tick: 0.5
      distribution_type: lognormal
      amount_mean: 1000
      amount_std_dev: 500
      counterparty_weights: {BANK_B: 2, BANK_C: 1}
  - {id: BANK_B, balance: 2000} # flow
  - {id: BANK_C, balance: 2000, limits: {bilateral: {BANK_A: 5, BANK_B: 7}}}
initial_transactions:
  - {sender: BANK_A, receiver: BANK_B, amount: 100, arrival_tick: 3}
# the end
"""

FAULTY = "name: Broken\nticks_per_day: ten\nseed: 1\nagents: []\n"

PAYMENTS = """\
ID,date,time,value,from,to
1,2026-01-05,08:00:00,10.00,B1,B2
2,2026-01-05,09:30:00,25.50,B2,B3
3,2026-01-05,10:00:00,5.07,B3,B1
"""
