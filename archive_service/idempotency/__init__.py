"""Answers kept for a day, so that a program that asks again gets the same answer and nothing happens twice."""
