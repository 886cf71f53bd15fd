from app import Handler, serve


class TextIds(Handler):
    def answer(self, status, body):
        super().answer(status, {**body, "id": str(body["id"])} if "id" in body else body)


serve(TextIds)
