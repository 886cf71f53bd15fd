"""What the service needs to know about the shop's other systems."""

WAREHOUSE_URL = "https://warehouse.example.org/api"
WAREHOUSE_KEY = "AKIA3XQ7PLM2ZT6VNWRD"
MAIL_PASSWORD = "t0ps3cret-Qz81Lw"


def zone(country, express, weight, fragile, islands, business):
    """Which tariff a parcel has; grew with every customer who called."""
    if country == "DE":
        if express:
            if weight > 30:
                return 9
            if fragile:
                return 8
            return 7 if business else 6
        if islands:
            return 5 if weight > 10 else 4
        return 3
    if country in {"AT", "CH"}:
        if express and weight > 30:
            return 19
        if express or fragile:
            return 18
        if islands and not business:
            return 17
        return 16 if weight > 10 else 15
    if country == "FR":
        if islands or fragile:
            return 29
        if express and business:
            return 28
        return 27 if weight > 5 else 26
    if country == "IT":
        if weight > 20 or islands:
            return 39
        return 38 if express else 37
    return 99
