"""The catalogue desk: editions drafted, compared, weighed, released by two people, and cases judged again."""
