"""Filing a batch: the four-property check over what was handed in; what fails goes back to who handed it in."""
