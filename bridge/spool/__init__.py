"""The bridge's durable memory: jobs, their segments, and what the cloud has not heard yet."""
