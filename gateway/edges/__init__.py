"""What is not plain REST: each edge owns its HTTP, and asks the services behind it by typed rpcs."""
