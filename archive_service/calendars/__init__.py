"""The holiday table of each unit and the time limits of the stages: what is due when, counted in working days."""
