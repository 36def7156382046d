"""Who is told of an alarm, when and how often: routes, messages, deliveries. Judges no reading, draws nothing."""
