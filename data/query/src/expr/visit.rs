//! Walking through expressions.

use super::Expr;

impl Expr {
    /// Calls `f` on the expression and on all inside it, sub-selects excepted.
    pub fn visit<'a>(&'a self, f: &mut dyn FnMut(&'a Self)) {
        f(self);
        match self {
            Self::Value(_)
            | Self::Session(_)
            | Self::Column(_)
            | Self::Computed { .. }
            | Self::Row(_)
            | Self::Exists(_)
            | Self::Scalar(_)
            | Self::Embed(_)
            | Self::Embedded(_)
            | Self::FromEmbed { .. } => {}
            Self::Path { base: expr, .. }
            | Self::Cast { expr, .. }
            | Self::Through { expr, .. }
            | Self::Is { expr, .. }
            | Self::Not(expr)
            | Self::OneOf { expr, .. }
            | Self::Search { text: expr, .. }
            | Self::InSelect { expr, .. } => expr.visit(f),
            Self::Compare(_, a, b)
            | Self::Sets(_, a, b)
            | Self::Arithmetic(_, a, b)
            | Self::Pattern { text: a, pattern: b, .. } => {
                a.visit(f);
                b.visit(f);
            }
            Self::All(all) | Self::Any(all) | Self::Call { arguments: all, .. } => {
                all.iter().for_each(|expr| expr.visit(f));
            }
            Self::Case { branches, otherwise } => {
                for (when, then) in branches {
                    when.visit(f);
                    then.visit(f);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.visit(f);
                }
            }
            Self::Aggregate { argument, .. } => {
                if let Some(argument) = argument {
                    argument.visit(f);
                }
            }
            Self::Window { arguments, partition, order, frame, function: _ } => {
                arguments.iter().chain(partition).for_each(|expr| expr.visit(f));
                order.iter().for_each(|sort| sort.expr.visit(f));
                if let Some(frame) = frame {
                    frame.distances().for_each(|expr| expr.visit(f));
                }
            }
        }
    }

    /// Calls `f` on what stands directly inside, sub-selects excepted.
    fn each_child_mut(&mut self, f: &mut dyn FnMut(&mut Self)) {
        match self {
            Self::Value(_)
            | Self::Session(_)
            | Self::Column(_)
            | Self::Computed { .. }
            | Self::Row(_)
            | Self::Exists(_)
            | Self::Scalar(_)
            | Self::Embed(_)
            | Self::Embedded(_)
            | Self::FromEmbed { .. } => {}
            Self::Path { base: expr, .. }
            | Self::Cast { expr, .. }
            | Self::Through { expr, .. }
            | Self::Is { expr, .. }
            | Self::Not(expr)
            | Self::OneOf { expr, .. }
            | Self::Search { text: expr, .. }
            | Self::InSelect { expr, .. } => f(expr),
            Self::Compare(_, a, b)
            | Self::Sets(_, a, b)
            | Self::Arithmetic(_, a, b)
            | Self::Pattern { text: a, pattern: b, .. } => {
                f(a);
                f(b);
            }
            Self::All(all) | Self::Any(all) | Self::Call { arguments: all, .. } => {
                all.iter_mut().for_each(f);
            }
            Self::Case { branches, otherwise } => {
                for (when, then) in branches {
                    f(when);
                    f(then);
                }
                if let Some(otherwise) = otherwise {
                    f(otherwise);
                }
            }
            Self::Aggregate { argument, .. } => {
                if let Some(argument) = argument {
                    f(argument);
                }
            }
            Self::Window { arguments, partition, order, frame, function: _ } => {
                arguments.iter_mut().chain(partition).for_each(&mut *f);
                order.iter_mut().for_each(|sort| f(&mut sort.expr));
                if let Some(frame) = frame {
                    frame.distances_mut().for_each(f);
                }
            }
        }
    }

    /// Calls `f` on the expression and then on all inside what it has become, sub-selects excepted.
    pub fn visit_mut(&mut self, f: &mut dyn FnMut(&mut Self)) {
        f(self);
        self.each_child_mut(&mut |child| child.visit_mut(f));
    }

    /// Puts what `f` gives in the place of an expression, and does not look inside that again.
    pub fn replace(&mut self, f: &mut dyn FnMut(&Self) -> Option<Self>) {
        match f(self) {
            Some(other) => *self = other,
            None => self.each_child_mut(&mut |child| child.replace(f)),
        }
    }

    /// Calls `f` on the expression and on all inside it, sub-selects included.
    pub fn visit_deep_mut(&mut self, f: &mut dyn FnMut(&mut Self)) {
        self.visit_mut(&mut |expr| {
            f(expr);
            if let Self::Exists(select) | Self::Scalar(select) | Self::InSelect { select, .. } =
                expr
            {
                select.each_expr_deep_mut(f);
            }
        });
    }

    pub fn has_aggregate(&self) -> bool {
        let mut found = false;
        self.visit(&mut |expr| found |= matches!(expr, Self::Aggregate { .. }));
        found
    }
}
