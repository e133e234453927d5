"""What one client can cost, counted in calls of AWS's services."""
