"""A page is one function: its layout, its parts and its pieces are put into it when it is loaded, and what it says the
same way to everybody is worked out then. What is left is a few long strings with holes.

Templates stay ordinary Jinja, with these rules; a page that breaks one of the first four is not loaded:
* Layouts, parts and files of pieces are named in full, and a layout has no layout of its own.
* A piece (a macro of another file) is called where it is shown, `{{ pieces.icon("key") }}`, with all that it wants.
* A piece knows what it is given and what every page knows (`t`, `brand`), and nothing of the page around it.
* What every page knows means the same everywhere: nothing else is called so.
* Whatever fills a hole is escaped, unless it is `Markup` already. Nothing in a template switches that off.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, NoReturn

from jinja2 import BaseLoader, Environment, Template, TemplateAssertionError, nodes
from jinja2.compiler import CodeGenerator
from jinja2.optimizer import Optimizer
from jinja2.utils import missing
from markupsafe import Markup

Said = Mapping[str, Callable[..., str]]


def shown(value: object) -> str:
    """What fills a hole, as `markupsafe.escape` writes it; that makes `Markup` of it as well, for twice the work."""
    if type(value) is Markup:
        return value
    text = str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&#34;").replace("'", "&#39;")


class FoldingEnvironment(Environment):
    """`said` are functions whose answer depends on their arguments alone: `t("login.title")`, `asset("icon.svg")`;
    `known` are values. Every page knows them, and the globals."""

    loader: BaseLoader
    shown = staticmethod(shown)

    def __init__(self, said: Said, known: Mapping[str, Any], **options: Any) -> None:
        super().__init__(autoescape=True, **options)
        self.globals |= {**said, **known}
        self.said, self.known = said, known
        self.eval_ctx = nodes.EvalContext(self)
        self._kept: dict[str, Template] = {}

    def page(self, template: str, /, **given: Any) -> str:
        """The page of that template."""
        page = self._kept.get(template) or self._kept.setdefault(template, self.get_template(template))
        try:
            return "".join(page.root_render_func(_Given(self, given)))  # type: ignore[arg-type]
        except Exception:
            self.handle_exception()  # tells the line of the template

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Jinja looks for an attribute first, and a dictionary that has none costs an exception."""
        return obj[attribute] if type(obj) is dict and attribute in obj else super().getattr(obj, attribute)

    def as_written(self, name: nodes.Expr) -> nodes.Template:
        """Another template as it stands in its file. A fault in it is told where it is asked for."""
        source, file, _ = self.loader.get_source(self, name.as_const())
        written = super()._parse(source, name.as_const(), file)
        written.set_lineno(name.lineno, override=True)
        return written

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return _Folding(self, name).page(super()._parse(source, name, filename))


class _Given(dict[str, Any]):
    """What a page finds by name. The library's own context looks in two dictionaries for each, and in Python."""

    def __init__(self, environment: FoldingEnvironment, given: Mapping[str, Any]) -> None:
        super().__init__(environment.globals, **given)
        self.environment, self.eval_ctx = environment, environment.eval_ctx

    def __missing__(self, name: str) -> Any:
        return missing

    resolve_or_missing = dict.__getitem__
    get_all = dict.copy  # for the library's report of a fault


class _Writer(CodeGenerator):
    """Writes the function: `yield` what stands there, `yield` what fills a hole, and so on."""

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Any) -> None:
        super().blockvisit(_joined(nodes), frame)

    def visit_Call(self, node: nodes.Call, frame: Any, forward_caller: bool = False) -> None:
        """A plain call. The library would ask each function whether it wants the page as well; none of ours does."""
        self.visit(node.node, frame)
        self.write("(")
        for given in [*node.args, *node.kwargs]:
            self.visit(given, frame)
            self.write(", ")
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Any, finalize: Any) -> None:
        self.write("environment.shown(")


FoldingEnvironment.code_generator_class = _Writer


class _Folding(Optimizer):
    """One template, with all that it takes from others. Sums whose numbers all stand there the library works out."""

    environment: FoldingEnvironment

    def __init__(self, environment: FoldingEnvironment, name: str | None) -> None:
        super().__init__(environment)
        self._name = name
        self._known = dict(environment.known)
        self._blocks: dict[str, nodes.Block] = {}
        self._pieces: dict[str, nodes.Macro] = {}  # its own
        self._files: dict[str, _Folding] = {}  # what it imports, by the name it has here
        self._taken: dict[str, _Folding] = {}  # whose the pieces are that are called by their name alone

    def page(self, page: nodes.Template) -> nodes.Template:
        """The page in its layout. What it sets outside its blocks comes first, for all of them read it."""
        body = page.body
        if extends := page.find(nodes.Extends):
            self._blocks = {block.name: block for block in page.find_all(nodes.Block)}
            body = [each for each in body if not isinstance(each, nodes.Extends | nodes.Block | nodes.Output)]
            body += self.environment.as_written(extends.template).body
        body.sort(key=lambda each: not isinstance(each, nodes.Import | nodes.FromImport))  # the page uses the layout's
        whole = nodes.Template([nodes.Scope(self._all(body))], lineno=1)
        whole.set_environment(self.environment)
        return whole

    # What is put in

    def visit_Block(self, block: nodes.Block) -> list[nodes.Node]:
        return _scoped(self._all(self._blocks.get(block.name, block).body))

    def visit_Include(self, part: nodes.Include) -> list[nodes.Node]:
        return _scoped(self._all(self.environment.as_written(part.template).body))

    def visit_Import(self, taken: nodes.Import) -> None:
        self._files[taken.target] = self._file(taken.template)

    def visit_FromImport(self, taken: nodes.FromImport) -> None:
        self._taken |= dict.fromkeys(map(str, taken.names), self._file(taken.template))

    def _file(self, template: nodes.Expr) -> "_Folding":
        """What it sets itself, its pieces know."""
        file = _Folding(self.environment, template.as_const())
        for each in self.environment.as_written(template).body:
            match each:
                case nodes.Macro():
                    file._pieces[each.name] = each
                    file._taken[each.name] = file
                case nodes.Assign(target=nodes.Name(name=name)):
                    file._known[name] = file.visit(each.node).as_const()
                case _:
                    file.visit(each)
        return file

    def visit_Output(self, output: nodes.Output) -> list[nodes.Node]:
        row: list[nodes.Node] = []
        for each in output.nodes:
            piece = self._asked(each)
            row += self._filled(piece, each) if piece else [nodes.Output([self.visit(each)], lineno=each.lineno)]
        return row

    def visit_CallBlock(self, block: nodes.CallBlock) -> list[nodes.Node]:
        """The block is a piece as well, `caller`, for as long as the one that is called is put in."""
        piece = self._asked(block.call) or self._fail("only a piece of another file is called with a block", block)
        self._pieces["caller"], self._taken["caller"] = nodes.Macro("caller", [], [], block.body), self
        filled = self._filled(piece, block.call)
        del self._pieces["caller"], self._taken["caller"]
        return filled

    def _asked(self, call: nodes.Node) -> nodes.Macro | None:
        """The piece that this calls for, if it does."""
        match call:
            case nodes.Call(node=nodes.Getattr(node=nodes.Name(name=file), attr=name)) if file in self._files:
                return self._files[file]._piece(name, call)
            case nodes.Call(node=nodes.Name(name=name)) if name in self._taken:
                return self._taken[name]._piece(name, call)
        return None

    def _piece(self, name: str, asked: nodes.Node) -> nodes.Macro:
        """Complete in itself: what it is given and what it sets has names now that no page has."""
        written = self._pieces.get(name) or self._fail(f"there is no {name}", asked)
        own = {each.name for each in written.find_all(nodes.Name) if each.ctx != "load"}
        piece: nodes.Macro = _again(written, {each: nodes.Name(f"{name}__{each}", "load") for each in own})
        piece.body = self._all(piece.body)
        known = {*self.environment.globals, "loop", "caller"}
        strange = {each.name for each in piece.find_all(nodes.Name) if "__" not in each.name} - known
        if strange and name != "caller":
            self._fail(f"{name} does not know {' '.join(strange)}", asked)
        return piece

    def _filled(self, piece: nodes.Macro, call: Any) -> list[nodes.Node]:
        """The piece with what it was given: a name or a value wherever it is used, anything else worked out once."""
        names = [each.name for each in piece.args]
        given = dict(zip(reversed(names), reversed(piece.defaults), strict=False))
        given |= dict(zip(names, call.args, strict=False))
        given |= {f"{piece.name}__{each.key}": each.value for each in call.kwargs}
        if set(given) != set(names) or len(call.args) > len(names):
            self._fail(f"{piece.name} wants {len(names)}", call)
        given = {name: self.visit(each) for name, each in given.items()}
        once = {name: each for name, each in given.items() if not isinstance(each, nodes.Const | nodes.Name)}
        body = self._all(_again(piece.body, {name: each for name, each in given.items() if name not in once}))
        for each in body:
            each.set_lineno(call.lineno, override=True)
        return [nodes.With([nodes.Name(each, "store") for each in once], [*once.values()], body)] if once else body

    # What is worked out

    def visit_Name(self, name: nodes.Name) -> nodes.Expr:
        if name.ctx != "load" and name.name in self.environment.globals:
            self._fail(f"every page knows another {name.name}", name)
        if name.name in self._files:
            self._fail("a piece is called where it is shown", name)
        return nodes.Const(self._known[name.name]) if name.name in self._known else name

    def visit_Call(self, call: nodes.Call) -> nodes.Expr:
        self.generic_visit(call)
        match call.node:
            case nodes.Name(name=name) if name in self.environment.said:
                given = [each for each in call.args if isinstance(each, nodes.Const)]
                named = {each.key: each.value for each in call.kwargs if isinstance(each.value, nodes.Const)}
                if len(given) + len(named) == len(call.args) + len(call.kwargs):
                    said = self.environment.said[name]
                    return nodes.Const(said(*(each.value for each in given), **{k: v.value for k, v in named.items()}))
        return call

    def visit_If(self, asked: nodes.If) -> list[nodes.Node]:
        cases: list[nodes.If] = []
        otherwise = asked.else_
        for case in [asked, *asked.elif_]:
            test = self.visit(case.test)
            if not isinstance(test, nodes.Const):
                cases.append(nodes.If(test, self._all(case.body), [], [], lineno=case.lineno))
            elif test.value:
                otherwise = case.body
                break
        otherwise = self._all(otherwise)
        if not cases:
            return otherwise
        first, *others = cases
        first.elif_, first.else_ = others, otherwise
        return [first]

    def visit_For(self, loop: Any) -> list[nodes.Node]:
        """A loop over what stands in the template is written out."""
        loop.target, loop.iter = self.visit(loop.target), self.visit(loop.iter)
        counts = any(each.name == "loop" for each in loop.find_all(nodes.Name))
        if not isinstance(loop.iter, nodes.Const) or counts or loop.test or loop.else_:
            return [self.generic_visit(loop)]
        written: list[nodes.Node] = []
        for item in loop.iter.value:
            each = {loop.target.name: item} if isinstance(loop.target, nodes.Name) else _by_name(loop.target, item)
            written += _scoped(self._all(_again(loop.body, {name: nodes.Const(value) for name, value in each.items()})))
        return written

    def _all(self, body: list[nodes.Node]) -> list[nodes.Node]:
        scope = nodes.Scope(body)
        self.generic_visit(scope)
        return scope.body

    def _fail(self, why: str, where: nodes.Node) -> NoReturn:
        raise TemplateAssertionError(why, where.lineno, self._name)


def _by_name(target: nodes.Tuple, item: Any) -> dict[str, Any]:
    return dict(zip((each.name for each in target.find_all(nodes.Name)), item, strict=True))


def _again(value: Any, names: Mapping[str, nodes.Expr]) -> Any:
    """A copy of a part of a template, with other names, or values, in the place of some names."""
    if isinstance(value, list):
        return [_again(each, names) for each in value]
    if not isinstance(value, nodes.Node):
        return value
    if isinstance(value, nodes.Name) and value.name in names:
        instead = names[value.name]
        return nodes.Name(instead.name, value.ctx, lineno=value.lineno) if isinstance(instead, nodes.Name) else instead
    fields = [_again(field, names) for _, field in value.iter_fields()]
    return type(value)(*fields, lineno=value.lineno, environment=value.environment)


def _scoped(body: list[nodes.Node]) -> list[nodes.Node]:
    """What is set in it is gone after it."""
    scope = nodes.Scope(body)
    return [scope] if scope.find(nodes.Assign) or scope.find(nodes.AssignBlock) else body


def _joined(body: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
    """What is shown in a row is shown by one."""
    for is_shown, row in groupby(body, lambda each: isinstance(each, nodes.Output)):
        if is_shown:
            yield nodes.Output([shown for each in row for shown in each.nodes])  # type: ignore[attr-defined]
        else:
            yield from row
