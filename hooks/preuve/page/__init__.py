"""What an author wrote: fences, commands, manifests, and the plan they make."""
