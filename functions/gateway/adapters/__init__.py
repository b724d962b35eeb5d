"""The ports on AWS: DynamoDB, SQS, API Gateway, and the callers' web servers."""
