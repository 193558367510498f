"""Is a namespace at rest: rules over its objects, and the wait until they hold."""
