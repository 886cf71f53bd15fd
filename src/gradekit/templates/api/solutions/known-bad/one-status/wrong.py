from app import Handler, serve


class OneStatus(Handler):
    def answer(self, status, body):
        super().answer(422 if status >= 400 else status, body)


serve(OneStatus)
