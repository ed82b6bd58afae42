//! What a process does: web, scheduler, sender.
