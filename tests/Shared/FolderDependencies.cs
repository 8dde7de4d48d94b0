using System.Reflection;
using System.Reflection.Emit;

namespace Gatehouse.Tests;

/// <summary>
/// Which folders use which: read from the types, members and method bodies of assemblies whose namespaces are their folders.
/// </summary>
/// <remarks>The compiler copies constants and names (<c>nameof</c>) into the code that uses them, so those are not seen.</remarks>
internal sealed class FolderDependencies
{
    private const string Root = "Gatehouse";

    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    // Of each folder, the folders it uses, each with one use as an example.
    private readonly SortedDictionary<string, SortedDictionary<string, string>> uses = new(StringComparer.Ordinal);

    /// <summary>Reads assemblies. Only folders of these assemblies are looked at.</summary>
    public FolderDependencies(params Assembly[] assemblies)
    {
        foreach (var type in assemblies.SelectMany(assembly => assembly.GetTypes()))
        {
            if (FolderOf(type) is not { } folder) continue;
            if (!uses.TryGetValue(folder, out var used)) uses.Add(folder, used = new(StringComparer.Ordinal));
            foreach (var other in UsedBy(type).SelectMany(Parts).Where(other => assemblies.Contains(other.Assembly)))
                if (FolderOf(other) is { } target && target != folder) used.TryAdd(target, $"{type.FullName} uses {other.FullName}");
        }
    }

    /// <summary>Every folder, and the folders that it uses.</summary>
    public IEnumerable<(string Folder, IEnumerable<string> Uses)> Folders => uses.Select(pair => (pair.Key, pair.Value.Keys.AsEnumerable()));

    /// <summary>The uses that are part of a circle: their target uses their folder again, directly or through others.</summary>
    public IEnumerable<string> Circles() =>
        from folder in uses
        from used in folder.Value
        where Reaches(used.Key, folder.Key)
        select $"{folder.Key} -> {used.Key}: {used.Value}";

    /// <summary>An example of how one folder uses another.</summary>
    public string Example(string folder, string used) => uses[folder][used];

    private bool Reaches(string from, string to)
    {
        var seen = new HashSet<string> { from };
        var left = new Stack<string>(seen);
        while (left.TryPop(out var folder))
        {
            if (folder == to) return true;
            foreach (var next in uses.GetValueOrDefault(folder)?.Keys.AsEnumerable() ?? [])
                if (seen.Add(next)) left.Push(next);
        }
        return false;
    }

    private static string? FolderOf(Type type) =>
        type.Namespace is { } name && (name == Root || name.StartsWith(Root + ".", StringComparison.Ordinal)) ? name : null;

    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null || type.IsGenericParameter) return [];
        if (type.HasElementType) return Parts(type.GetElementType());
        return type.GetGenericArguments().SelectMany(Parts).Prepend(type);
    }

    private static IEnumerable<Type?> UsedBy(Type type)
    {
        yield return type.BaseType;
        foreach (var one in type.GetInterfaces()) yield return one;
        foreach (var one in type.GetGenericArguments().Where(one => one.IsGenericParameter).SelectMany(one => one.GetGenericParameterConstraints()))
            yield return one;
        foreach (var one in type.GetCustomAttributesData().SelectMany(UsedBy)) yield return one;
        foreach (var member in type.GetMembers(All).Where(member => member is not Type))
        {
            foreach (var one in SignatureOf(member)) yield return one;
            foreach (var one in member.GetCustomAttributesData().SelectMany(UsedBy)) yield return one;
            foreach (var one in member is MethodBase method ? BodyOf(method) : []) yield return one;
        }
    }

    private static IEnumerable<Type?> UsedBy(CustomAttributeData attribute) =>
        attribute.ConstructorArguments.Concat(attribute.NamedArguments.Select(argument => argument.TypedValue))
            .Select(argument => argument.Value as Type).Prepend(attribute.AttributeType);

    private static IEnumerable<Type?> SignatureOf(MemberInfo? member) => member switch
    {
        Type type => [type],
        FieldInfo field => [field.DeclaringType, field.FieldType],
        PropertyInfo property => [property.PropertyType],
        MethodInfo method =>
            [method.DeclaringType, method.ReturnType, .. method.GetParameters().Select(one => one.ParameterType), .. method.GetGenericArguments()],
        ConstructorInfo constructor => [constructor.DeclaringType, .. constructor.GetParameters().Select(one => one.ParameterType)],
        _ => [],
    };

    private static IEnumerable<Type?> BodyOf(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body) return [];
        return body.LocalVariables.Select(local => (Type?)local.LocalType)
            .Concat(body.ExceptionHandlingClauses
                .Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause).Select(clause => clause.CatchType))
            .Concat(TokensOf(body.GetILAsByteArray()!).SelectMany(token => SignatureOf(method.Module.ResolveMember(
                token, method.DeclaringType?.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null))));
    }

    // The members and types that the instructions name (ECMA-335, III.1.2 and VI.C.2).
    private static IEnumerable<int> TokensOf(byte[] code)
    {
        for (var at = 0; at < code.Length;)
        {
            // Two bytes where the first is 0xFE.
            var opCode = code[at] == 0xFE ? Codes[(short)(0xFE00 | code[at + 1])] : Codes[code[at]];
            at += opCode.Size;
            if (opCode.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
                yield return BitConverter.ToInt32(code, at);
            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }
}
