"""Where the paper is: rooms, cabinets, shelves and boxes, what lies in them, how it moved, and whether it is there."""
